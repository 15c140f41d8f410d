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

    /// <summary>Runs until the compiler has seen it often enough: for three seconds, and once at least.</summary>
    public static void WarmUp(Action action)
    {
        var clock = Stopwatch.StartNew();
        do
            action();
        while (clock.Elapsed < TimeSpan.FromSeconds(3));
    }

    /// <summary>Of values measured elsewhere, at least one.</summary>
    public static Timing Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Timing(sorted[0], sorted[sorted.Length / 2], sorted[^1]);
    }

    /// <summary>What some work gives, and how long it takes.</summary>
    public static (T Result, double Seconds) With<T>(Func<T> work)
    {
        var clock = Stopwatch.StartNew();
        var result = work();
        return (result, clock.Elapsed.TotalSeconds);
    }

    /// <summary>Seconds of processor time, of all threads: what else the machine does hardly counts.</summary>
    public static double Processor(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    public static double Once(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }
}
