using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Commands;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary>Runs command lines in this process, in a folder of their own.</summary>
internal sealed class CommandLine : IDisposable
{
    public const string Config = """
        {
          "observationSize": 1,
          "generative": {
            "type": "DeepMarkov", "latentSize": 1,
            "transition": { "type": "Linear" }, "emission": { "type": "Gaussian", "hiddenLayers": 0 }
          },
          "inference": { "type": "Structured", "hiddenSize": 8 },
          "epochs": 2, "batchSize": 8, "particles": 16, "smoothingSamples": 8
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("statespace-").FullName;

    /// <summary>What the next command reads from stdin.</summary>
    public string Input { get; set; } = "";

    /// <summary>What the last command wrote to stdout.</summary>
    public string Output { get; private set; } = "";

    /// <summary>What it wrote to stderr.</summary>
    public string Messages { get; private set; } = "";

    /// <summary>The lines of stderr that are no progress.</summary>
    public string[] ErrorLines => [.. Messages.Split('\n').Where(line => line.StartsWith("error:", StringComparison.Ordinal))];

    public JsonNode Json => JsonNode.Parse(Output)!;

    public string Path(string name) => System.IO.Path.Combine(_folder, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    /// <summary>A few short sequences of the linear system as a Parquet file.</summary>
    public string WriteSequences(string name, int sequences = 12)
    {
        SyntheticSplit split = SyntheticSystems.Get("synthetic9").Draw(sequences, 6, new NumpyLegacyRandom(3));
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(SyntheticRow.Of("test", split)), Path(name));
        return Path(name);
    }

    /// <summary>Trains a small model on these sequences.</summary>
    public string TrainModel(string data)
    {
        string model = Path("model.zip");
        Assert.AreEqual(ExitCode.Ok, Run("train", Write("config.json", Config), "--train", data, "--model", model, "--device", "cpu"), Messages);
        return model;
    }

    public int Run(params string[] arguments) => Run(CancellationToken.None, arguments);

    public int Run(CancellationToken cancellation, params string[] arguments)
    {
        var output = new StringWriter();
        var messages = new StringWriter();
        int code = Application.Run(arguments, Terminal.Redirected(output, messages) with { Input = new StringReader(Input) }, cancellation);
        (Output, Messages) = (output.ToString(), messages.ToString());
        return code;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
