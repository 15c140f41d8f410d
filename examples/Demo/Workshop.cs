using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>Runs the steps of the demonstration, each in a fresh <c>statespace</c> process, and takes their times.</summary>
internal sealed class Workshop(FileInfo statespace, DirectoryInfo output, DirectoryInfo configs)
{
    private readonly List<StepTime> _times = [];

    /// <summary>The wall times of the steps done so far.</summary>
    public IReadOnlyList<StepTime> Times => _times;

    /// <summary>A place in the output folder.</summary>
    public string Output(string name)
    {
        output.Create();
        return Path.Combine(output.FullName, name);
    }

    /// <summary>A checked-in configuration.</summary>
    public string Config(string name) => Path.Combine(configs.FullName, name);

    /// <summary>Runs <c>statespace</c> with these arguments; its progress goes to this terminal, its stdout is returned.</summary>
    /// <exception cref="StepFailedException">It exits with another code than 0.</exception>
    public string Run(string step, params string[] arguments)
    {
        Screen.Console.MarkupLineInterpolated($"[blue]{step}[/]");
        return Time(step, () => Execute(step, arguments));
    }

    /// <summary>Runs <c>statespace evaluate</c> in its JSON form.</summary>
    public Evaluation Evaluate(string step, string model, string data, int particles)
    {
        string json = Run(step, "evaluate", model, data, "--particles", $"{particles}", "--seed", "1", "--format", "json");
        return JsonSerializer.Deserialize<Evaluation>(json, JsonSerializerOptions.Web)
            ?? throw new StepFailedException($"{step} wrote no result.", 1);
    }

    /// <summary>Takes the time of a step done in this process.</summary>
    public T Time<T>(string step, Func<T> work)
    {
        var clock = Stopwatch.StartNew();
        T result = work();
        _times.Add(new StepTime(step, Math.Round(clock.Elapsed.TotalSeconds, 2)));
        return result;
    }

    private string Execute(string step, string[] arguments)
    {
        if (!statespace.Exists)
            throw new StepFailedException($"There is no {statespace}; run ./build.sh first.", 1);

        // Ctrl-C reaches the child too, which stops in its own good time; this process waits for it.
        using PosixSignalRegistration patience = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        var start = new ProcessStartInfo(statespace.FullName, arguments) { RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new StepFailedException($"{statespace} does not start.", 1);
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? text
            : throw new StepFailedException($"{step}: statespace exited with {process.ExitCode}.", process.ExitCode);
    }
}

/// <summary>The wall time of a step.</summary>
internal sealed record StepTime(string Step, double Seconds);

/// <summary>What <c>statespace evaluate --format json</c> writes.</summary>
internal sealed record Evaluation(int Sequences, long Steps, int Particles, BoundFigures Elbo, BoundFigures ImportanceSampled);

/// <summary>One bound in its three forms, in nats.</summary>
internal sealed record BoundFigures(double PerStep, double PerSequence, double MeanOfPerStep);
