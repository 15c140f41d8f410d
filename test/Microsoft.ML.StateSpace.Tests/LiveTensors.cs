using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>How many tensors the process has: for tests that run alone.</summary>
internal static class LiveTensors
{
    /// <summary>Without those that finalizers give back.</summary>
    public static long Count()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return Tensor.TotalCount;
    }
}
