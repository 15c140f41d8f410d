using System.CommandLine;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace generate NAME --output DIR</c>: a synthetic data set with its latents, as three Parquet files.</summary>
internal static class GenerateCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var name = new Argument<string>("name") { Description = $"The system: {string.Join(", ", SyntheticSystems.Names)}." };
        name.AcceptOnlyFromAmong([.. SyntheticSystems.Names]);
        var output = new Option<string>("--output") { Description = "Folder for train.parquet, valid.parquet and test.parquet.", Required = true };
        var seed = new Option<uint>("--seed") { Description = "Seed of numpy's stream; 1 draws the published data.", DefaultValueFactory = _ => 1 };
        var command = new Command("generate", "Draw the sequences of a system with a known answer.") { name, output, seed };
        command.SetAction(parsed => Run(
            terminal, parsed.GetRequiredValue(name), parsed.GetRequiredValue(output), parsed.GetValue(seed), cancellation));
        return command;
    }

    private static int Run(Terminal terminal, string name, string folder, uint seed, CancellationToken cancellation)
    {
        SyntheticDataSet data = SyntheticSystems.Generate(name, seed);
        foreach ((string split, SyntheticSplit sequences) in new[] { ("train", data.Train), ("valid", data.Validation), ("test", data.Test) })
        {
            cancellation.ThrowIfCancellationRequested();
            string path = Path.Combine(folder, $"{split}.parquet");
            DataFile.Write(new MLContext().Data.LoadFromEnumerable(SyntheticRow.Of(split, sequences)), path);
            terminal.WriteMessage($"{path}: {sequences.Sequences} sequences of {sequences.Steps} steps");
        }

        return ExitCode.Ok;
    }
}

/// <summary>A row of a generated file.</summary>
internal sealed class SyntheticRow
{
    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public float[] Latents { get; set; } = [];

    public static IEnumerable<SyntheticRow> Of(string split, SyntheticSplit sequences)
    {
        for (int n = 0; n < sequences.Sequences; n++)
        {
            yield return new SyntheticRow
            {
                SequenceId = $"{split}-{n:d5}",
                Observations = [.. sequences.ObservationsOf(n).ToArray().Select(x => (float)x)],
                Latents = [.. sequences.LatentsOf(n).ToArray().Select(z => (float)z)],
            };
        }
    }
}
