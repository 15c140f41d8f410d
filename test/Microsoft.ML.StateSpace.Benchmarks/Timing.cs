using System.Diagnostics;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Seconds of repeated runs: least, median, most.</summary>
internal sealed record Timing(double Least, double Median, double Most)
{
    public static Timing Of(int runs, Action action)
    {
        action();
        double[] seconds = [.. Enumerable.Range(0, runs).Select(_ => Once(action)).Order()];
        return new Timing(seconds[0], seconds[runs / 2], seconds[^1]);
    }

    public static double Once(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }
}
