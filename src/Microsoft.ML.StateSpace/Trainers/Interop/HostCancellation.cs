using Microsoft.ML.Runtime;

namespace Microsoft.ML.StateSpace.Trainers.Interop;

/// <summary>What cancels an <see cref="MLContext"/> as a whole, as an AutoML experiment does with a trial: internal in ML.NET.</summary>
internal static class HostCancellation
{
    /// <exception cref="OperationCanceledException">The host was cancelled.</exception>
    public static void ThrowIfCancelled(IHost host)
    {
        if (host is ICancelable { IsCanceled: true })
            throw new OperationCanceledException("The training was cancelled by its MLContext.");
    }
}
