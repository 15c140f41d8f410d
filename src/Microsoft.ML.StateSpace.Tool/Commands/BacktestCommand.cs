using System.CommandLine;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace backtest CONFIG.json|MODEL.zip DATA --horizon H</c>: forecasts from rolling origins, beside baselines.</summary>
internal static class BacktestCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip), or a trainer's options (JSON), which are then trained on what lies before the first origin." };
        var data = new Argument<string>("data") { Description = "Parquet file of sequences." };
        var train = new Option<string?>("--train") { Description = "Parquet file of sequences to learn from. Default: those of the data up to their first origin." };
        var validation = new Option<string?>("--validation") { Description = "Parquet file of sequences to choose by. Default: the last training steps." };
        var baselinesOnly = new Option<bool>("--baselines-only") { Description = "No model: it only says what the columns are." };
        var output = new Option<string?>("--output") { Description = "The whole table, per method, step and dimension: .parquet or .json." };
        var origins = new Option<string?>("--origin-scores") { Description = "Parquet file for each method's scores by origin." };
        var set = new Option<string[]>("--set") { Description = "Replace an option of the trainer: path=value.", AllowMultipleArgumentsPerToken = true };
        Option<string> device = Shared.Device(), format = Shared.Format();
        var arguments = new BacktestArguments();
        var command = new Command("backtest", "Forecast from rolling origins and compare with baselines.") { model, data, train, validation, baselinesOnly, output, origins, set, device, format };
        foreach (Option option in arguments.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            BacktestOptions options = arguments.Read(parsed) with { CancellationToken = cancellation };
            if (options.Validate().ToList() is { Count: > 0 } faults)
                throw new OptionsException(string.Join(" ", faults));
            using var table = BacktestOutput.Of(parsed.GetValue(output), parsed.GetValue(origins));
            using var subject = BacktestSubject.Of(parsed.GetRequiredValue(model), parsed.GetRequiredValue(device), parsed.GetValue(set) ?? [], parsed.GetValue(baselinesOnly));
            BacktestResult result = Run(terminal, subject, parsed.GetRequiredValue(data), parsed.GetValue(train), parsed.GetValue(validation), options);
            table.Write(result, subject.Context);
            if (parsed.GetValue(format) == Shared.Json)
                Shared.WriteJson(terminal.Output, BacktestOutput.Summary(result));
            else
                BacktestOutput.Print(terminal.Tables, result, options);
            return ExitCode.Ok;
        });
        return command;
    }

    private static BacktestResult Run(Terminal terminal, BacktestSubject subject, string data, string? train, string? validation, BacktestOptions options)
    {
        DataFile?[] files = [.. new[] { data, train, validation }.Select(path => path is null ? null : new DataFile(subject.Context, path))];
        try
        {
            return ProgressDisplay.Show(terminal, display => subject.Backtest(files[0]!.View, options with
            {
                TrainingSet = files[1]?.View,
                ValidationSet = files[2]?.View,
                Progress = new MethodProgress(display),
            }));
        }
        catch (Exception error) when (DataFile.IsDataError(error))
        {
            // All files went into one call: the one that cannot be read alone is at fault.
            foreach (DataFile? file in files)
                file?.Use(subject.Count);
            throw;
        }
    }

    // Progress<T> would report on another thread, and late.
    private sealed class MethodProgress(ProgressDisplay display) : IProgress<BacktestProgress>
    {
        public void Report(BacktestProgress value) =>
            display.Report(value.Method, value.Total == 0 ? 0 : (double)value.Done / value.Total, $"{value.Done} of {value.Total} forecasts");
    }
}
