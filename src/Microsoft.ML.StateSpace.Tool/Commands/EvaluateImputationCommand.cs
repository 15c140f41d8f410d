using System.CommandLine;
using System.Globalization;
using Microsoft.ML.StateSpace.Scoring.Imputing;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace evaluate-imputation MODEL.zip DATA --hide 0.1</c>: how well hidden values are imputed, beside baselines.</summary>
internal static class EvaluateImputationCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var data = new Argument<string>("data") { Description = "Parquet file of sequences." };
        var hide = new Option<double>("--hide") { Description = "Share of the observed values that is hidden.", DefaultValueFactory = _ => 0.1 };
        var seed = new Option<int>("--seed") { Description = "Seed of what is hidden.", DefaultValueFactory = _ => 1 };
        Option<string> device = Shared.Device(), format = Shared.Format();
        var command = new Command("evaluate-imputation", "Hide observed values, impute them, and compare with the last value and the mean.") { model, data, hide, seed, device, format };
        command.SetAction(parsed =>
        {
            var options = new ImputationOptions { HiddenShare = parsed.GetValue(hide), Seed = parsed.GetValue(seed), CancellationToken = cancellation };
            if (options.Validate().FirstOrDefault() is not null)
                throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--hide is {options.HiddenShare}; it must lie between 0 and 1"));
            ImputationResult result = Run(terminal, parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetRequiredValue(device), options);
            if (parsed.GetValue(format) == Shared.Json)
                Shared.WriteJson(terminal.Output, result);
            else
                Print(terminal.Tables, result);
            return ExitCode.Ok;
        });
        return command;
    }

    private static ImputationResult Run(Terminal terminal, string modelPath, string dataPath, string device, ImputationOptions options)
    {
        using ModelFile model = ModelFile.Load(modelPath, device);
        var data = new DataFile(model.Context, dataPath);
        data.RequireRows(1, "there is nothing to evaluate");
        double rows = data.View.GetRowCount() ?? double.PositiveInfinity;
        return ProgressDisplay.Show(terminal, display => data.Use(view => model.Context.StateSpace.EvaluateImputation(model.Transformer, view, options with
        {
            Progress = new SequenceProgress(done => display.Report("impute", done / rows, $"{done} sequences")),
        })));
    }

    // A line per method for all dimensions; with several, a line per dimension too, in units of its deviation.
    private static void Print(IAnsiConsole console, ImputationResult result)
    {
        console.WriteLine($"{result.Hidden} of {result.Observed} observed values hidden, {result.Sequences} sequences; sd: units of each dimension's standard deviation");
        Table overall = new Table().AddColumn("method").AddColumn("MAE").AddColumn("RMSE").AddColumn("MAE, sd").AddColumn("RMSE, sd");
        foreach ((string name, ImputationFigures all) in result.Methods.Select(m => (m.Name, m.Overall)))
            overall.AddRow([name, .. ((double[])[all.MeanAbsoluteError, all.RootMeanSquaredError, all.ScaledMeanAbsoluteError, all.ScaledRootMeanSquaredError]).Select(Number)]);
        Write(console, overall);
        if (result.Deviations.Count == 1)
            return;
        Table dimensions = new Table().AddColumn("dimension").AddColumn("hidden").AddColumn("deviation");
        foreach (ImputedMethod method in result.Methods)
            dimensions.AddColumn($"{method.Name}: MAE, sd").AddColumn("RMSE, sd");
        for (int d = 0; d < result.Deviations.Count; d++)
        {
            dimensions.AddRow([d.ToString(CultureInfo.InvariantCulture), result.Methods[0].ByDimension[d].Count.ToString(CultureInfo.InvariantCulture), Number(result.Deviations[d]),
                .. result.Methods.Select(m => m.ByDimension[d]).SelectMany(f => (double[])[f.ScaledMeanAbsoluteError, f.ScaledRootMeanSquaredError]).Select(Number)]);
        }

        Write(console, dimensions);
    }

    private static void Write(IAnsiConsole console, Table table)
    {
        foreach (TableColumn column in table.Columns.Skip(1))
            column.RightAligned().NoWrap();
        console.Write(table);
    }

    private static string Number(double value) => value.ToString("f4", CultureInfo.InvariantCulture);

    // Progress<T> would report on another thread, and late.
    private sealed class SequenceProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
