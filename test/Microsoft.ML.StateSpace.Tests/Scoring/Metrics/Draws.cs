namespace Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

/// <summary>Draws for tests of metrics.</summary>
internal static class Draws
{
    /// <summary>A standard normal number (Box and Muller 1958).</summary>
    public static double Normal(this Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static double[] Normals(this Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Normal())];

    /// <summary>Bars of a histogram of draws that are uniform: χ² stays below its 99.9 % quantile, 43.8 for 19 degrees of freedom.</summary>
    public static void AssertUniform(IReadOnlyList<long> bars)
    {
        Assert.HasCount(20, bars);
        double expected = bars.Sum() / 20.0;
        double chi = bars.Sum(b => (b - expected) * (b - expected) / expected);
        Assert.IsLessThan(43.8, chi, $"χ² of {string.Join(" ", bars)}");
    }
}
