using System.Diagnostics;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Measures work done in this process.</summary>
internal static class OwnProcess
{
    /// <summary>Runs <paramref name="work"/>, which tells its value and steps.</summary>
    public static Round Measure(Func<(double? Value, long Steps)> work)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        var (value, steps) = work();
        return new Round(clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, value, steps);
    }
}
