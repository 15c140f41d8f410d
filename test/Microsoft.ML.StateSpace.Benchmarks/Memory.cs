using System.Diagnostics;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The process's resident memory, in megabytes.</summary>
internal static class Memory
{
    /// <summary>The most that it has been since the process began.</summary>
    public static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }

    /// <summary>The most that it is during some work, looked at every 20 ms.</summary>
    public static double PeakOf(Action work) => Watch(work).DefaultIfEmpty(0).Max();

    /// <summary>What it is during some work, every 20 ms.</summary>
    public static IReadOnlyList<double> Watch(Action work)
    {
        var seen = new List<double>();
        using (new Timer(_ => seen.Add(Environment.WorkingSet / 1e6), null, 0, 20))
            work();
        return [.. seen];
    }
}
