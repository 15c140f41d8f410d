namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>The Kolmogorov-Smirnov test against the uniform distribution on [0, 1].</summary>
internal static class Kolmogorov
{
    /// <summary>√n sup |F_n(u) − u|; beyond 1.63 in one of a hundred samples that are uniform.</summary>
    public static double Statistic(IEnumerable<double> sample)
    {
        double[] sorted = [.. sample.Order()];
        int n = sorted.Length;
        return Math.Sqrt(n) * sorted.Select((u, i) => Math.Max((i + 1.0) / n - u, u - (double)i / n)).Max();
    }

    public static void AssertUniform(IReadOnlyList<double> sample, string what) =>
        Assert.IsTrue(Statistic(sample) < 1.63, $"{what}: √n D = {Statistic(sample):f2} of {sample.Count} numbers, mean {sample.Average():f3}");
}
