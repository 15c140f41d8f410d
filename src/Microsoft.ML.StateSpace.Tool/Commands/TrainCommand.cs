using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace train CONFIG.json --train F --validation F --model OUT.zip</c>.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var config = new Argument<string>("config") { Description = "The trainer's options as JSON." };
        var train = new Option<string>("--train") { Description = "Parquet file of training sequences.", Required = true };
        var validation = new Option<string?>("--validation") { Description = "Parquet file of validation sequences; without it a share of the training sequences." };
        var model = new Option<string>("--model") { Description = "The model to write (zip).", Required = true };
        var from = new Option<string?>("--from") { Description = "A model to go on from: weights of the same name and shape begin as they are in it." };
        var set = new Option<string[]>("--set") { Description = "Replace an option: path=value, for example generative.latentSize=50.", AllowMultipleArgumentsPerToken = true };
        var device = new Option<string?>("--device") { Description = "cpu, cuda, cuda:N, or auto: a GPU when there is one." };
        var seed = new Option<int?>("--seed") { Description = "Seed of weights, batches and noise." };
        var maxTime = new Option<string?>("--max-time") { Description = "Stop at the next batch after this time, for example 25m." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "Keep the training's whole state in this file (or, in a folder, as training.checkpoint), to go on from after an interruption." };
        var every = new Option<string?>("--checkpoint-every") { Description = "How often: epochs or time, for example 1epoch, 5epochs or 5m. Default 1epoch." };
        var resume = new Option<bool>("--resume") { Description = "Go on from the checkpoint where there is one, else begin." };
        var tensorBoard = new Option<string?>("--tensorboard") { Description = "Folder for event files that TensorBoard shows, also while the training runs." };
        var command = new Command("train", "Train a model and keep the one that is best on the validation sequences.")
        {
            config, train, validation, model, from, set, device, seed, maxTime, checkpoint, every, resume, tensorBoard,
        };
        command.SetAction(parsed =>
        {
            var place = CheckpointPlace.Of(parsed.GetValue(checkpoint), parsed.GetValue(every), parsed.GetValue(resume));
            DeepMarkovTrainer.Options options = Options(parsed.GetRequiredValue(config), parsed.GetValue(set) ?? []);
            var job = new TrainingJob(parsed.GetRequiredValue(train), parsed.GetValue(validation), parsed.GetRequiredValue(model), parsed.GetValue(from), parsed.GetValue(tensorBoard), options with
            {
                Device = parsed.GetValue(device) ?? options.Device ?? "auto",
                Seed = parsed.GetValue(seed) ?? options.Seed ?? 1,
                MaxTime = parsed.GetValue(maxTime) is { } limit ? Duration.Parse(limit) : options.MaxTime,
                CheckpointPath = place?.Path,
                CheckpointEvery = place?.Every ?? options.CheckpointEvery,
                ResumeFrom = place?.ResumeFrom,
                CancellationToken = cancellation,
            });
            return Run(terminal, job);
        });
        return command;
    }

    private static DeepMarkovTrainer.Options Options(string path, string[] replacements)
    {
        JsonObject config = ConfigFile.Read(path, replacements);
        try
        {
            return OptionsJson.Read(config);
        }
        catch (OptionsException error)
        {
            throw new UsageException($"'{path}': {error.Message}");
        }
    }

    private static int Run(Terminal terminal, TrainingJob job)
    {
        var ml = new MLContext(job.Options.Seed);
        var train = new DataFile(ml, job.Train);
        DataFile? validation = job.Validation is null ? null : new DataFile(ml, job.Validation);
        train.RequireRows(validation is null ? 2 : 1, validation is null ? "with no --validation file two are the least" : "one is the least");
        validation?.RequireRows(1, "one is the least");
        using ModelFile? initial = job.From is null ? null : ModelFile.Load(job.From, "cpu");
        using var output = new PendingFile(job.Model);
        if (job.TensorBoard is not null)
            PendingFile.MakePlaceFor(Path.Combine(job.TensorBoard, "events"));
        ml.Log += (_, entry) => WarnOf(terminal, entry);
        if (job.Options.ResumeFrom is { } resumed)
            terminal.WriteMessage($"going on from '{resumed}'");
        job = job with { Options = job.Options with { InitialModel = initial?.StateSpace } };
        using DeepMarkovTransformer model = Fit(terminal, ml, job, train, validation);
        Save(output, path => ml.Model.Save(model, train.View.Schema, path));
        TrainingHistory history = model.History;
        bool cancelled = history.StopReason == StopReason.Cancelled;
        string kept = string.Create(CultureInfo.InvariantCulture,
            $"{output.Path}: validation bound {history.BestValidationBound:f4} nats per step at epoch {history.BestEpoch}");
        string resume = job.Options.CheckpointPath is null ? "" : " Add --resume to go on.";
        terminal.WriteMessage(cancelled ? $"cancelled; the best model so far is kept. {kept}.{resume}" : $"{kept} ({Reason(history.StopReason)})");
        return cancelled ? ExitCode.Cancelled : ExitCode.Ok;
    }

    private static void WarnOf(Terminal terminal, LoggingEventArgs entry)
    {
        if (entry.Kind == ChannelMessageKind.Warning)
            terminal.WriteMessage($"warning: {entry.RawMessage}");
    }

    // Hours of training are not lost to a full disk where there is another.
    private static void Save(PendingFile output, Action<string> write)
    {
        try
        {
            output.Commit(write);
        }
        catch (OutputException error)
        {
            string name = $"{Path.GetFileNameWithoutExtension(output.Path)}-{Guid.NewGuid():n}.zip";
            using var rescue = new PendingFile(Path.Combine(Path.GetTempPath(), name));
            rescue.Commit(write);
            throw new OutputException($"{error.Message}; the model is kept as '{rescue.Path}'", error);
        }
    }

    private static DeepMarkovTransformer Fit(Terminal terminal, MLContext ml, TrainingJob job, DataFile train, DataFile? validation)
    {
        try
        {
            return ProgressDisplay.Show(terminal, display =>
            {
                var shown = new TrainingDisplay(display);
                using TensorBoardObserver? events = job.TensorBoard is null ? null : new TensorBoardObserver(job.TensorBoard, shown);
                return ml.StateSpace.Trainers
                    .DeepMarkov(job.Options with { ValidationSet = validation?.View, Observer = events is null ? shown : events })
                    .Fit(train.View);
            });
        }
        catch (Exception error) when (DataFile.IsDataError(error))
        {
            // Both files went into one call: the one that cannot be read alone is at fault.
            train.Check(job.Options);
            validation?.Check(job.Options);
            throw;
        }
    }

    private static string Reason(StopReason reason) => reason switch
    {
        StopReason.EpochsDone => "all epochs done",
        StopReason.EarlyStopping => "stopped early: no better validation bound for a while",
        StopReason.TimeLimit => "stopped at the time limit",
        StopReason.Cancelled => "cancelled",
        _ => "stopped by an observer",
    };

    private sealed record TrainingJob(string Train, string? Validation, string Model, string? From, string? TensorBoard, DeepMarkovTrainer.Options Options);
}
