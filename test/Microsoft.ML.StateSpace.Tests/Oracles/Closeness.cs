using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>How near a fast path has to be to the plain one.</summary>
internal static class Closeness
{
    /// <summary>Within 1e-5 in float32 and 1e-10 in float64, of the largest of the expected numbers.</summary>
    public static void AssertRelative(Tensor expected, Tensor actual, ScalarType type, string name)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape, name);
        double scale = expected.abs().max().to(ScalarType.Float64).item<double>(), off = (expected - actual).abs().max().to(ScalarType.Float64).item<double>();
        Assert.IsTrue(off <= (type == ScalarType.Float64 ? 1e-10 : 1e-5) * scale, $"{name}: {off} of {scale}");
    }
}
