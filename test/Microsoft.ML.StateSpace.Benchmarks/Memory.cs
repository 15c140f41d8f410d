using System.Diagnostics;
using System.Reflection;

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

    /// <summary>The most that it is of a program in a process of its own, looked at every 20 ms.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments; it must succeed.</param>
    public static double PeakOf(Assembly program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var messages = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        double peak = 0;
        while (!process.WaitForExit(20))
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64 / 1e6);
            }
            catch (InvalidOperationException) when (process.HasExited)
            {
                // It ended between the two looks.
            }
        }
        if (process.ExitCode != 0)
            throw new InvalidOperationException(messages.Result + output.Result);
        return peak;
    }

    /// <summary>What it is during some work, every 20 ms.</summary>
    public static IReadOnlyList<double> Watch(Action work)
    {
        var seen = new List<double>();
        using (new Timer(_ => seen.Add(Environment.WorkingSet / 1e6), null, 0, 20))
            work();
        return [.. seen];
    }
}
