using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>How near a fast path has to be to the plain one.</summary>
internal static class Closeness
{
    /// <summary>Within 1e-5 in float32, of the largest of all numbers compared, and within 1e-10 in float64, of the largest of each tensor's.</summary>
    public static void AssertRelative(IReadOnlyList<(string Name, Tensor Expected, Tensor Actual)> pairs, ScalarType type)
    {
        double largest = pairs.Max(p => Largest(p.Expected));
        foreach (var (name, expected, actual) in pairs)
        {
            CollectionAssert.AreEqual(expected.shape, actual.shape, name);
            double scale = type == ScalarType.Float64 ? 1e-10 * Largest(expected) : 1e-5 * largest, off = Largest(expected - actual);
            Assert.IsTrue(off <= scale, $"{name}: {off}, more than {scale}");
        }
    }

    private static double Largest(Tensor values) => values.abs().max().to(ScalarType.Float64).item<double>();
}
