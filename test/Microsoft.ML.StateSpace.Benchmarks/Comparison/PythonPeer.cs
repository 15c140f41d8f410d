using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>A PyTorch program of the folder <c>peers</c> as a process that runs a round whenever it is told to.</summary>
internal sealed class PythonPeer : IContender
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "peers", "serve.py");

    private readonly Process _process;

    /// <summary>Starts the program.</summary>
    /// <param name="name">What stands in the table.</param>
    /// <param name="python">A Python with torch and numpy.</param>
    /// <param name="specification">A JSON file of what the program is to do.</param>
    /// <exception cref="InvalidOperationException">It did not get ready; it has said why on the standard error.</exception>
    public PythonPeer(string name, string python, string specification)
    {
        Name = name;
        _process = Process.Start(new ProcessStartInfo(python, ["-B", s_program, specification]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _ = Answer();
    }

    public string Name { get; }

    public ContenderKind Kind => ContenderKind.Peer;

    /// <summary>What keeps a Python from running the peers; null: nothing.</summary>
    public static string? FaultOf(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import numpy, torch"]) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            string last = errors.Trim().Split('\n')[^1];
            return process.ExitCode == 0 ? null : last.Length > 0 ? last : $"it ended with code {process.ExitCode}";
        }
        catch (Win32Exception error)
        {
            return error.Message;
        }
    }

    public Round Run()
    {
        _process.StandardInput.WriteLine("round");
        _process.StandardInput.Flush();
        var answer = Answer();
        return new Round(answer.GetProperty("wall").GetDouble(), answer.GetProperty("cpu").GetDouble(),
            answer.GetProperty("value").GetDouble(), answer.GetProperty("steps").GetInt64());
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonElement Answer()
    {
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} has ended before its time.");
        using var json = JsonDocument.Parse(line);
        return json.RootElement.Clone();
    }
}
