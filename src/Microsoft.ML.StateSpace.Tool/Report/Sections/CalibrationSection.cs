using System.Xml.Linq;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>Whether forecast probabilities hold.</summary>
internal static class CalibrationSection
{
    private static readonly PlotFrame Square = new() { Width = 474, Height = 300, HasWholeX = false };

    // The intervals whose coverage is drawn by step ahead.
    private static readonly (double Level, string Style)[] ByStep = [(0.95, "c3"), (0.8, "c0"), (0.5, "c2")];

    public static XElement? Of(ReportContent content)
    {
        if (content.Forecasts is not { } forecasts)
            return null;
        ForecastFigures all = forecasts.Metrics.Overall;
        return Section.Of("calibration", "Calibration of the forecasts",
            Markup.Say($"Of {all.Count:n0} forecast values. Where forecasts are calibrated, the histogram is flat, and as much lies in an interval as its level says. A hump in the middle or coverage above the level means forecasts that are wider than need be, a bowl or coverage below it means forecasts that are too sure of themselves."),
            Section.Row(Pit(all), content.Data.IsBinary ? Reliable(forecasts.Reliability!) : Coverage(all)),
            forecasts.Horizon == 1 ? null : Section.Row(content.Data.IsBinary ? Error(forecasts.Metrics) : CoverageByStep(forecasts.Metrics), Crps(forecasts.Metrics)),
            content.Data.IsBinary ? Section.Note("A probability integral of a binary value is spread at random over its share, so that it is flat where probabilities hold; intervals of binary values cover too much by their nature, and are left out.") : null);
    }

    private static XElement Pit(ForecastFigures all)
    {
        int bins = all.Pit.Count;
        double count = all.Pit.Sum(), expected = 1.0 / bins;
        double[] density = [.. all.Pit.Select(n => n / count * bins)], edges = [.. Enumerable.Range(0, bins + 1).Select(i => (double)i / bins)];
        double noise = 1.96 * Math.Sqrt(bins * (1 - expected) / count);
        var plot = new Plot(Square with { XTitle = "probability integral", YTitle = "density" }, new Extent(0, 1), new Extent(0, 1.1 * Math.Max(1.5, density.Max())));
        plot.Band([0, 1], [Math.Max(0, 1 - noise), Math.Max(0, 1 - noise)], [1 + noise, 1 + noise], "neutral").Bars(edges, density, "c0").Level(1, "ideal");
        return Section.Figure("Probability integral transform: where what happened lay in its forecast.",
            Legend.Of(("bar c0", "forecasts"), ("line ideal", "calibrated"), ("area neutral", "95 % of calibrated bars, were values independent")),
            plot.ToElement(Markup.Say($"Histogram of the probability integral in {bins} bars; densities from {Markup.Figure(density.Min())} to {Markup.Figure(density.Max())}, 1 is calibrated")));
    }

    private static XElement Coverage(ForecastFigures all)
    {
        double[] levels = [.. all.Intervals.Select(i => i.Level)], found = [.. all.Intervals.Select(i => i.Coverage)];
        var plot = new Plot(Square with { XTitle = "level of the central interval", YTitle = "share inside" }, new Extent(0, 1), new Extent(0, 1));
        plot.Line([0, 1], [0, 1], "ideal").Line(levels, found, "c0").Dots(levels, found, "c0");
        return Section.Figure("Coverage: how much of what happened lay inside an interval.", Legend.Of(("line c0", "forecasts"), ("line ideal", "calibrated")),
            plot.ToElement("Coverage of central intervals: " + string.Join(", ", all.Intervals.Select(i => Markup.Say($"{100 * i.Coverage:f0} % in the interval of {100 * i.Level:f0} %")))));
    }

    private static XElement Reliable(Reliability reliability)
    {
        int[] bins = [.. Enumerable.Range(0, Reliability.Bins).Where(b => reliability.Count[b] > 0)];
        double[] forecast = [.. bins.Select(reliability.Forecast)], happened = [.. bins.Select(reliability.Happened)];
        var plot = new Plot(Square with { XTitle = "forecast probability of 1", YTitle = "share that was 1" }, new Extent(0, 1), new Extent(0, 1));
        plot.Line([0, 1], [0, 1], "ideal").Line(forecast, happened, "c0").Dots(forecast, happened, "c0");
        return Section.Figure("Reliability: how often what was forecast with a probability happened.", Legend.Of(("line c0", "forecasts"), ("line ideal", "calibrated")),
            plot.ToElement("Reliability: " + string.Join(", ", bins.Select((b, i) => Markup.Say($"{forecast[i]:f2} forecast, {happened[i]:f2} happened ({reliability.Count[b]} values)")))));
    }

    private static XElement CoverageByStep(ForecastMetrics metrics)
    {
        double[] x = Ahead(metrics);
        var plot = new Plot(Square with { XTitle = "steps ahead", YTitle = "share inside", HasWholeX = true }, Steps(metrics), new Extent(0, 1));
        foreach (var (level, style) in ByStep)
            plot.Level(level, "ideal").Line(x, [.. metrics.ByStep.Select(step => step.Intervals.First(i => i.Level == level).Coverage)], style);
        return Section.Figure("Coverage by steps ahead.", Legend.Of(ByStep.Select(b => ($"line {b.Style}", Markup.Say($"{100 * b.Level:f0} % interval"))).Append(("line ideal", "its level"))),
            plot.ToElement(Markup.Say($"Coverage of three intervals over {metrics.Horizon} steps ahead")));
    }

    private static XElement Crps(ForecastMetrics metrics) => Curve("CRPS by steps ahead: smaller is better.", "unit of the data", metrics, step => step.Crps);

    private static XElement Error(ForecastMetrics metrics) => Curve("Mean absolute error by steps ahead.", "share", metrics, step => step.MeanAbsoluteError);

    private static XElement Curve(string caption, string unit, ForecastMetrics metrics, Func<ForecastFigures, double> figure)
    {
        double[] x = Ahead(metrics), y = [.. metrics.ByStep.Select(figure)];
        return Section.Figure(caption, null,
            new Plot(Square with { XTitle = "steps ahead", YTitle = unit, HasWholeX = true }, Steps(metrics), new Extent(0, Extent.Of(y).To)).Line(x, y, "c0").Dots(x, y, "c0")
                .ToElement(Markup.Say($"{caption} From {Markup.Figure(y[0])} to {Markup.Figure(y[^1])} over {metrics.Horizon} steps")));
    }

    private static double[] Ahead(ForecastMetrics metrics) => [.. Enumerable.Range(1, metrics.Horizon).Select(h => (double)h)];

    private static Extent Steps(ForecastMetrics metrics) => new(1, metrics.Horizon);
}
