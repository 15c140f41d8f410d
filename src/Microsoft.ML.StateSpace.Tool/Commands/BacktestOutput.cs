using System.Globalization;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tool.Files;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What a backtest leaves behind: a table for people, one for programs, and files.</summary>
internal sealed class BacktestOutput : IDisposable
{
    private readonly string? _table;
    private readonly PendingFile? _json;
    private readonly string? _origins;

    private BacktestOutput(string? table, PendingFile? json, string? origins) => (_table, _json, _origins) = (table, json, origins);

    /// <summary>Looks at the places before the work.</summary>
    /// <param name="table">.parquet or .json; null: none.</param>
    /// <param name="origins">.parquet; null: none.</param>
    /// <exception cref="UsageException">The table's name has another ending.</exception>
    /// <exception cref="OutputException">A place cannot be written to.</exception>
    public static BacktestOutput Of(string? table, string? origins)
    {
        string ending = Path.GetExtension(table ?? "").ToLowerInvariant();
        if (table is not null && ending is not (".parquet" or ".json"))
            throw new UsageException($"--output '{table}': the name must end in .parquet or .json");
        foreach (string? path in new[] { table, origins })
            if (path is not null)
                PendingFile.MakePlaceFor(path);
        return ending == ".json" ? new BacktestOutput(null, new PendingFile(table!), origins) : new BacktestOutput(table, null, origins);
    }

    /// <summary>Writes the files.</summary>
    public void Write(BacktestResult result, MLContext context)
    {
        _json?.Commit(path =>
        {
            using var writer = new StreamWriter(path);
            Shared.WriteJson(writer, result.Rows);
        });
        if (_table is not null)
            DataFile.Write(result.ToDataView(context), _table);
        if (_origins is not null)
            DataFile.Write(result.OriginsToDataView(context), _origins);
    }

    /// <summary>All steps and dimensions together, and each step.</summary>
    public static object Summary(BacktestResult result) => new
    {
        result.Sequences,
        result.Skipped,
        result.Forecasts,
        Methods = result.Methods.Select(m => new
        {
            m.Name,
            m.Description,
            FittingSeconds = m.Fitting.TotalSeconds,
            ForecastingSeconds = m.Forecasting.TotalSeconds,
            m.Metrics.Overall,
            CrpsByStep = m.Metrics.ByStep.Select(step => step.Crps),
        }),
    };

    /// <summary>A row per method.</summary>
    public static void Print(IAnsiConsole console, BacktestResult result, BacktestOptions options)
    {
        ForecastFigures first = result.Methods[0].Metrics.Overall;
        console.WriteLine($"{result.Forecasts} forecasts of {options.Horizon} steps, {result.Sequences} sequences{(result.Skipped > 0 ? $" ({result.Skipped} too short)" : "")}; "
            + $"{first.Count} values compared, {first.Missing} missing; {options.Paths} paths");
        var table = new Table();
        foreach (string name in (string[])["method", "CRPS", "MAE", "RMSE", "MASE", "RMSSE", "energy"])
            table.AddColumn(name);
        foreach (double level in options.Metrics.Levels)
            table.AddColumn(Text($"in {level:p0}")).AddColumn(Text($"score {level:p0}"));
        table.AddColumn("fit").AddColumn("forecast");
        foreach (BacktestedMethod method in result.Methods)
            table.AddRow([.. Cells(method)]);
        foreach (TableColumn column in table.Columns.Skip(1))
            column.RightAligned().NoWrap();
        console.Write(table);
        foreach (BacktestedMethod method in result.Methods.Where(m => m.Description is not null))
            console.WriteLine($"{method.Name}: {method.Description}");
    }

    public void Dispose() => _json?.Dispose();

    private static IEnumerable<string> Cells(BacktestedMethod method)
    {
        ForecastFigures all = method.Metrics.Overall;
        yield return Markup.Escape(method.Name);
        foreach (double figure in (double[])[all.Crps, all.MeanAbsoluteError, all.RootMeanSquaredError, all.Mase, all.Rmsse, all.EnergyScore])
            yield return Text($"{figure:f4}");
        foreach (IntervalFigures interval in all.Intervals)
        {
            yield return Text($"{interval.Coverage:p1}");
            yield return Text($"{interval.Score:f3}");
        }

        yield return Text($"{method.Fitting.TotalSeconds:f1} s");
        yield return Text($"{method.Forecasting.TotalSeconds:f1} s");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
