using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Batch;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace score MODEL.zip DATA --output OUT</c>: latents, likelihoods and forecasts of every sequence of a file, or of
/// every file of a batch job.</summary>
internal static class ScoreCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var data = new Argument<string[]>("data")
        {
            Description = "Parquet files of sequences, folders of them, or patterns in quotes ('in/**/*.parquet').",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--output")
        {
            Description = "Parquet file to write; for several files, a folder or a pattern: the folder (of one file, with / at its end).",
            Required = true,
        };
        Option<string[]> columns = Names("--columns", "Columns to write, of the data's or the model's; without it the sequence id and all the model's.");
        Option<string[]> keep = Names("--keep", "Columns of the data to carry through, before the others.");
        Option<string> device = Shared.Device();
        var batch = new FolderOptions();
        var command = new Command("score", "Write what a model says of every sequence.") { model, data, output, columns, keep, device };
        batch.AddTo(command);
        command.SetAction(parsed =>
        {
            var options = new BatchOptions
            {
                Model = parsed.GetRequiredValue(model),
                Data = parsed.GetRequiredValue(data),
                Output = parsed.GetRequiredValue(output),
                Device = parsed.GetRequiredValue(device),
                Columns = Split(parsed.GetValue(columns)),
                Keep = Split(parsed.GetValue(keep)),
            };
            bool isFile = options.Data is [var only] && BatchInput.IsOneFile(only) && !Path.EndsInDirectorySeparator(options.Output);
            if (!isFile)
                return new BatchJob(batch.Read(parsed, options), terminal, cancellation).Run();
            batch.Refuse(parsed);
            return ScoreFile(terminal, options, cancellation);
        });
        return command;
    }

    private static int ScoreFile(Terminal terminal, BatchOptions options, CancellationToken cancellation)
    {
        string data = options.Data[0];
        using ModelFile model = ModelFile.Load(options.Model, options.Device);
        double rows = new DataFile(model.Context, data).View.GetRowCount() ?? double.PositiveInfinity;
        var columns = new ScoredColumns(options.Columns, options.Keep, FileScoring.SequenceIdOf(model));
        var stamp = new ScoreStamp(FileScoring.Describe(model, options.Model, columns).ToJson(), Fingerprint.Of(data).Sha256);
        long written = ProgressDisplay.Show(terminal, display => new FileScoring(model, columns).Score(data, options.Output, stamp, done =>
        {
            cancellation.ThrowIfCancellationRequested();
            display.Report("score", done / rows, $"{done} sequences");
        }));
        terminal.WriteMessage($"{options.Output}: {written} sequences");
        return ExitCode.Ok;
    }

    private static Option<string[]> Names(string name, string description) => new(name) { Description = description, AllowMultipleArgumentsPerToken = true };

    private static string[] Split(string[]? names) =>
        [.. (names ?? []).SelectMany(part => part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    /// <summary>The options of a batch job alone.</summary>
    private sealed class FolderOptions
    {
        private readonly Option<string?> _shard = new("--shard") { Description = "k/n: score only the k-th of n parts of the files. Default: all." };
        private readonly Option<int?> _workers = new("--workers") { Description = "Files scored at a time. Default: 1." };
        private readonly Option<bool> _resume = new("--resume") { Description = "Go on with a job that was ended: what is complete is not scored again." };
        private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace outputs that are there (with --resume: those of another model or other options)." };
        private readonly Option<string?> _onError = new("--on-error") { Description = "stop at a file that cannot be scored, or report and skip it. Default: stop." };

        public void AddTo(Command command)
        {
            Shared.RequirePositive(_workers);
            _onError.AcceptOnlyFromAmong("stop", "skip");
            foreach (Option option in All)
                command.Add(option);
        }

        public BatchOptions Read(ParseResult parsed, BatchOptions options) => options with
        {
            Shard = parsed.GetValue(_shard) is { } shard ? Shard.Parse(shard) : Shard.Whole,
            Workers = parsed.GetValue(_workers) ?? 1,
            Resume = parsed.GetValue(_resume),
            Overwrite = parsed.GetValue(_overwrite),
            OnError = parsed.GetValue(_onError) == "skip" ? OnError.Skip : OnError.Stop,
        };

        /// <exception cref="UsageException">One of them is given.</exception>
        public void Refuse(ParseResult parsed)
        {
            if (All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
                throw new UsageException($"{given.Name} is for a folder of outputs: end --output with '/' to write the scores of one file into a folder");
        }

        private IReadOnlyList<Option> All => [_shard, _workers, _resume, _overwrite, _onError];
    }
}
