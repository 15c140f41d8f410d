using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace score MODEL.zip DATA --output OUT.parquet</c>: latents, likelihoods and forecasts of every sequence.</summary>
internal static class ScoreCommand
{
    private const string SequenceId = "SequenceId";

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var data = new Argument<string>("data") { Description = "Parquet file of sequences." };
        var output = new Option<string>("--output") { Description = "Parquet file to write.", Required = true };
        var columns = new Option<string[]>("--columns")
        {
            Description = "Columns to write, of the data's or the model's; without it the sequence id and all the model's.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string> device = Shared.Device();
        var command = new Command("score", "Write what a model says of every sequence.") { model, data, output, columns, device };
        command.SetAction(parsed => Run(
            terminal,
            new ScoringJob(parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetRequiredValue(output), Names(parsed.GetValue(columns))),
            parsed.GetRequiredValue(device),
            cancellation));
        return command;
    }

    private static string[] Names(string[]? columns) =>
        [.. (columns ?? []).SelectMany(part => part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static int Run(Terminal terminal, ScoringJob job, string device, CancellationToken cancellation)
    {
        using ModelFile model = ModelFile.Load(job.Model, device);
        var data = new DataFile(model.Context, job.Data);
        double rows = data.View.GetRowCount() ?? double.PositiveInfinity;
        long written = ProgressDisplay.Show(terminal, display => data.Use(view =>
        {
            IDataView scored = model.Transformer.Transform(view);
            string[] columns = Columns(job.Columns, view.Schema, scored.Schema);
            long count = 0;
            var watched = new WatchedDataView(scored, done =>
            {
                cancellation.ThrowIfCancellationRequested();
                count = done;
                display.Report("score", done / rows, $"{done} sequences");
            });
            DataFile.Write(watched, job.Output, columns);
            return count;
        }));
        terminal.WriteMessage($"{job.Output}: {written} sequences");
        return ExitCode.Ok;
    }

    /// <summary>The columns asked for, or the id and everything that the model added.</summary>
    private static string[] Columns(string[] wanted, DataViewSchema input, DataViewSchema scored)
    {
        foreach (string name in wanted)
        {
            if (scored.GetColumnOrNull(name) is null)
                throw new UsageException($"there is no column '{name}'; there are {string.Join(", ", scored.Select(column => column.Name))}");
        }

        string[] added = [.. scored.Skip(input.Count).Select(column => column.Name)];
        string[] id = input.GetColumnOrNull(SequenceId) is null ? [] : [SequenceId];
        return wanted.Length > 0 ? wanted : [.. id, .. added];
    }

    private sealed record ScoringJob(string Model, string Data, string Output, string[] Columns);
}
