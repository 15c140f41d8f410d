using System.Xml.Linq;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>The figures as tables.</summary>
internal static class MetricsSection
{
    private const int MostDimensions = 20;

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
        double[] levels = content.Data.IsBinary ? [] : [0.5, 0.8, 0.95];
        string[] columns = ["values", "CRPS", "MAE", "RMSE", "MASE", "RMSSE", "energy", .. levels.Select(level => Markup.Say($"inside {100 * level:f0} %"))];
        int[] dimensions = Worst(metrics);
        IEnumerable<(string Name, ForecastFigures Figures)> rows =
            [("all", metrics.Overall), .. metrics.ObservationSize == 1 ? [] : dimensions.Select(d => (content.Data.Dimensions[d].Name, metrics.ByDimension[d]))];
        return
        [
            DataTable.Of(Markup.Say($"{metrics.Forecasts} forecasts of {forecasts.Horizon} steps, by dimension; CRPS, MAE and RMSE in the unit of the data; MASE and RMSSE below 1 beat the last value"),
                ["dimension", .. columns], rows.Select(row => Row(row.Name, row.Figures, levels))),
            dimensions.Length < metrics.ObservationSize ? Section.Note(Markup.Say($"Listed are the {dimensions.Length} dimensions with the largest CRPS; all {metrics.ObservationSize} are counted in the first row.")) : "",
            forecasts.Horizon == 1 ? "" : DataTable.Of("By steps ahead", ["steps", .. columns],
                ChosenSteps(metrics.Horizon).Select(h => Row(Markup.Say($"{h} ahead"), metrics.ByStep[h - 1], levels))),
        ];
    }

    // All dimensions in their order; where they are too many, those whose forecasts are worst.
    private static int[] Worst(ForecastMetrics metrics)
    {
        IEnumerable<int> all = Enumerable.Range(0, metrics.ObservationSize);
        return [.. metrics.ObservationSize <= MostDimensions ? all : all.OrderByDescending(d => metrics.ByDimension[d].Crps).ThenBy(d => d).Take(MostDimensions)];
    }

    private static IReadOnlyList<string> Row(string name, ForecastFigures figures, double[] levels) =>
    [
        Markup.Label(name), Markup.Say($"{figures.Count:n0}"), Fixed(figures.Crps), Fixed(figures.MeanAbsoluteError), Fixed(figures.RootMeanSquaredError), Fixed(figures.Mase), Fixed(figures.Rmsse), Fixed(figures.EnergyScore),
        .. levels.Select(level => figures.Intervals.First(i => i.Level == level).Coverage).Select(share => double.IsFinite(share) ? Markup.Say($"{100 * share:f1} %") : "–"),
    ];

    // 1, 2, 3, 6, 12, … and the last.
    private static IEnumerable<int> ChosenSteps(int horizon) =>
        new[] { 1, 2, 3, 6, 12, 24, 48, 96, 192, 384 }.Where(h => h < horizon).Append(horizon);

    private static string Fixed(double value) => double.IsFinite(value) ? Markup.Say($"{value:f4}") : "–";
}
