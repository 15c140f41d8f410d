using System.CommandLine;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace forecast MODEL.zip DATA --horizon H --output OUT.parquet</c>: means, quantiles and sample paths of the steps to come.</summary>
internal static class ForecastCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var data = new Argument<string>("data") { Description = "Parquet file of sequences." };
        var output = new Option<string>("--output") { Description = "Parquet file to write.", Required = true };
        var horizon = new Option<int>("--horizon") { Description = "Steps to forecast.", Required = true };
        var quantiles = new Option<string>("--quantiles") { Description = "Their probabilities, separated by commas.", DefaultValueFactory = _ => "0.1,0.5,0.9" };
        var samples = new Option<int>("--samples") { Description = "Sample paths to write; at most as many as particles.", DefaultValueFactory = _ => 0 };
        Option<string?> controls = Shared.Controls();
        var particles = new Option<int?>("--particles") { Description = "Particles of the filter. Default: the model's." };
        var seed = new Option<int?>("--seed") { Description = "Seed of the draws. Default: the model's." };
        Option<string> device = Shared.Device();
        Shared.RequirePositive(horizon);
        Shared.RequirePositive(particles);
        var command = new Command("forecast", "Forecast what comes after every sequence.") { model, data, output, horizon, quantiles, samples, controls, particles, seed, device };
        command.SetAction(parsed =>
        {
            var options = new ForecastOptions
            {
                Horizon = parsed.GetValue(horizon),
                Quantiles = Shared.Probabilities(parsed.GetRequiredValue(quantiles)),
                Paths = parsed.GetValue(samples),
                Particles = parsed.GetValue(particles),
                Seed = parsed.GetValue(seed),
            };
            using ModelFile trained = ModelFile.Load(parsed.GetRequiredValue(model), parsed.GetRequiredValue(device));
            return Run(terminal, trained, parsed.GetRequiredValue(data), parsed.GetValue(controls), parsed.GetRequiredValue(output), options, cancellation);
        });
        return command;
    }

    private static int Run(Terminal terminal, ModelFile model, string dataPath, string? controlsPath, string output, ForecastOptions options,
        CancellationToken cancellation)
    {
        model.StateSpace.CheckForecasting(options);
        var data = new DataFile(model.Context, dataPath);
        FutureControls? controls = controlsPath is null ? null
            : new DataFile(model.Context, controlsPath).Use(view => model.StateSpace.ReadControls(view, options.Horizon!.Value));
        double rows = data.View.GetRowCount() ?? double.PositiveInfinity;
        long written = ProgressDisplay.Show(terminal, display => data.Use(view =>
        {
            IDataView sequences = model.BeforeStateSpace(view);
            IDataView forecast = model.StateSpace.Forecast(sequences, options, controls);
            string? id = FutureControls.IdColumn(sequences.Schema, model.StateSpace.Options.SequenceIdColumnName);
            string[] columns = [.. id is null ? [] : new[] { id }, .. forecast.Schema.Skip(sequences.Schema.Count).Select(column => column.Name)];
            long count = 0;
            DataFile.Write(
                new WatchedDataView(forecast, done =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    count = done;
                    display.Report("forecast", done / rows, $"{done} sequences");
                }),
                output,
                columns);
            return count;
        }));
        terminal.WriteMessage($"{output}: {written} sequences, {options.Horizon} steps each");
        return ExitCode.Ok;
    }
}
