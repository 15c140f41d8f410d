using System.CommandLine;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary>
/// <c>statespace generate NAME --output DIR</c>: a synthetic data set with its latents, as three Parquet files, and a linear
/// system's matrices as <c>system.json</c>.
/// </summary>
internal static class GenerateCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var name = new Argument<string>("name") { Description = $"The set: {string.Join(", ", Generation.Names)}." };
        name.AcceptOnlyFromAmong([.. Generation.Names]);
        var output = new Option<string>("--output") { Description = "Folder for train.parquet, valid.parquet and test.parquet.", Required = true };
        var seed = new Option<uint?>("--seed") { Description = "Seed of numpy's stream. Default: that of the published data (0 for dmm-toy, else 1)." };
        var latent = new Option<int?>("--latent-size") { Description = "linear-gaussian: latent dimensions (default 2); chain-graph: latent and observed ones (1)." };
        var observation = new Option<int?>("--observation-size") { Description = "linear-gaussian: observed dimensions. Default 3." };
        var sequences = new Option<int?>("--sequences") { Description = "linear-gaussian, chain-graph: training sequences; the other parts have a tenth. Default 1000." };
        var steps = new Option<int?>("--steps") { Description = "Steps of a sequence. Default 25 (linear-gaussian), 10 (chain-graph)." };
        var every = new Option<int?>("--steps-per-observation") { Description = "chain-graph: steps from one observation to the next. Default 1." };
        var transition = new Option<double?>("--transition-variance") { Description = "linear-gaussian, chain-graph. Default 1." };
        var noise = new Option<double?>("--observation-variance") { Description = "linear-gaussian, chain-graph. Default 1." };
        Shared.RequirePositive(latent, observation, sequences, steps, every);
        var command = new Command("generate", "Draw the sequences of a system with a known answer.")
        {
            name, output, seed, latent, observation, sequences, steps, every, transition, noise,
        };
        command.SetAction(parsed =>
        {
            var generation = new Generation
            {
                Name = parsed.GetRequiredValue(name),
                Seed = parsed.GetValue(seed),
                LatentSize = parsed.GetValue(latent),
                ObservationSize = parsed.GetValue(observation),
                Sequences = parsed.GetValue(sequences),
                Steps = parsed.GetValue(steps),
                StepsPerObservation = parsed.GetValue(every),
                TransitionVariance = parsed.GetValue(transition),
                ObservationVariance = parsed.GetValue(noise),
            };
            return Write(terminal, generation.Run(), parsed.GetRequiredValue(output), cancellation);
        });
        return command;
    }

    private static int Write(Terminal terminal, SyntheticDataSet data, string folder, CancellationToken cancellation)
    {
        foreach ((string split, SyntheticSplit sequences) in new[] { ("train", data.Train), ("valid", data.Validation), ("test", data.Test) })
        {
            cancellation.ThrowIfCancellationRequested();
            string path = Path.Combine(folder, $"{split}.parquet");
            DataFile.Write(new MLContext().Data.LoadFromEnumerable(SyntheticRow.Of(split, sequences)), path);
            terminal.WriteMessage($"{path}: {sequences.Sequences} sequences of {sequences.Steps} steps");
        }

        if (LinearSystemDescription.Of(data.System) is { } system)
        {
            using var file = new PendingFile(Path.Combine(folder, "system.json"));
            file.Commit(path => File.WriteAllText(path, system.ToJson()));
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
