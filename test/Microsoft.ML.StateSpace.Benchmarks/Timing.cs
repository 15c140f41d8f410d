using System.Diagnostics;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Seconds of repeated runs, or ratios of them: least, median, most.</summary>
internal sealed record Timing(double Least, double Median, double Most)
{
    public static Timing Of(int runs, Action action)
    {
        action();
        return Of([.. Enumerable.Range(0, runs).Select(_ => Once(action))]);
    }

    /// <summary>Of values measured elsewhere, at least one.</summary>
    public static Timing Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Timing(sorted[0], sorted[sorted.Length / 2], sorted[^1]);
    }

    public static double Once(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }
}
