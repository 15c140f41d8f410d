using System.Xml.Linq;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>The figures as tables.</summary>
internal static class MetricsSection
{
    private const int MostDimensions = 30;

    public static XElement Of(ReportContent content) => Section.Of("metrics", "Metrics",
        Markup.Say($"{content.Evaluated} of the file’s {content.Data.Sequences} sequences{(content.Evaluated < content.Data.Sequences ? ", spread evenly over it" : "")}; seed {content.Options.Seed}."),
        Bounds(content.Bounds),
        content.Bounds.FreeEnergy is { } energy ? Section.Note("Free energy per step before and after each iteration of the inference network: " + string.Join(", ", energy.Select(Markup.Figure)) + ".") : null,
        content.Forecasts is { } forecasts ? Forecasts(forecasts, content) : null);

    private static XElement Bounds(BoundMetrics metrics)
    {
        List<(string Name, BoundFigures Figures)> rows =
        [
            ("ELBO", metrics.Elbo),
            ("IWAE (importance-sampled)", metrics.ImportanceSampled),
            ("FIVO", metrics.Fivo),
            (metrics.Filter!.Kind switch { FilterKind.Particle => "particle filter", FilterKind.Exact => "Kalman filter (exact)", _ => "unscented Kalman filter" }, metrics.Filter.LogLikelihood),
        ];
        return DataTable.Of(Markup.Say($"Bounds on the log-likelihood in nats, larger is better: {metrics.Sequences} sequences, {metrics.Steps:n0} steps, {metrics.Particles} particles"),
            ["bound", "per step", "per sequence", "mean of per step"],
            rows.Select(row => (IReadOnlyList<string>)[row.Name, Fixed(row.Figures.PerStep), Fixed(row.Figures.PerSequence), Fixed(row.Figures.MeanOfPerStep)]));
    }

    private static object[] Forecasts(ForecastContent forecasts, ReportContent content)
    {
        ForecastMetrics metrics = forecasts.Metrics;
        int shown = Math.Min(metrics.ObservationSize, MostDimensions);
        string[] columns = ["values", "CRPS", "MAE", "RMSE", "MASE", "RMSSE", "energy", "inside 50 %", "inside 80 %", "inside 95 %"];
        IEnumerable<(string, ForecastFigures)> rows = [("all", metrics.Overall), .. metrics.ObservationSize == 1 ? [] : Enumerable.Range(0, shown).Select(d => (content.Data.Dimensions[d].Name, metrics.ByDimension[d]))];
        IEnumerable<(string, ForecastFigures)> steps = ChosenSteps(metrics.Horizon).Select(h => (Markup.Say($"{h} ahead"), metrics.ByStep[h - 1]));
        return
        [
            DataTable.Of(Markup.Say($"{metrics.Forecasts} forecasts of {forecasts.Horizon} steps, by dimension; CRPS, MAE and RMSE in the unit of the data; MASE and RMSSE below 1 beat the last value"), ["dimension", .. columns], rows.Select(r => Row(r.Item1, r.Item2))),
            shown < metrics.ObservationSize ? Section.Note(Markup.Say($"{metrics.ObservationSize - shown} further dimensions are left out of the table, and counted in its first row.")) : "",
            forecasts.Horizon == 1 ? "" : DataTable.Of("By steps ahead", ["steps", .. columns], steps.Select(r => Row(r.Item1, r.Item2))),
        ];
    }

    private static IReadOnlyList<string> Row(string name, ForecastFigures figures) =>
    [
        Markup.Label(name), Markup.Say($"{figures.Count:n0}"), Fixed(figures.Crps), Fixed(figures.MeanAbsoluteError), Fixed(figures.RootMeanSquaredError), Fixed(figures.Mase), Fixed(figures.Rmsse), Fixed(figures.EnergyScore),
        .. new[] { 0.5, 0.8, 0.95 }.Select(level => figures.Intervals.First(i => i.Level == level).Coverage).Select(share => double.IsFinite(share) ? Markup.Say($"{100 * share:f1} %") : "–"),
    ];

    // 1, 2, 3, 6, 12, … and the last.
    private static IEnumerable<int> ChosenSteps(int horizon) =>
        new[] { 1, 2, 3, 6, 12, 24, 48, 96, 192, 384 }.Where(h => h < horizon).Append(horizon);

    private static string Fixed(double value) => double.IsFinite(value) ? Markup.Say($"{value:f4}") : "–";
}
