using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>Forecasts of the sequences drawn, beside what happened.</summary>
internal static class ForecastSection
{
    // The widest first: what is drawn later covers it.
    private static readonly (double Level, string Style)[] Bands = [(0.95, "f1"), (0.8, "f2"), (0.5, "f3"), (0.1, "f4")];

    // Steps before the origin that are drawn, for one that is forecast.
    private const int StepsBefore = 3, LeastBefore = 24;

    public static XElement Of(ReportContent content)
    {
        if (content.Forecasts is not { } forecasts)
            return Section.Of("forecasts", "Forecasts", "No sequence is long enough to forecast its end from its beginning.");
        ShownSequence[] drawn = [.. content.Shown.Where(shown => shown.Fan is not null)];
        return Section.Of("forecasts", "Forecasts against what happened",
            Markup.Say($"The last {forecasts.Horizon} steps of a sequence, forecast from those before the upright line; the model was not shown what came. Of {content.Evaluated} sequences {forecasts.Sequences} are long enough, and {forecasts.Metrics.Forecasts} forecasts were made for the metrics below."),
            drawn.Length < content.Shown.Count ? Section.Note(Markup.Say($"{content.Shown.Count - drawn.Length} of the {content.Shown.Count} sequences drawn elsewhere are too short.")) : null,
            content.HasLines ? drawn.Select(shown => Lines(content, shown)) : Cells(content, drawn));
    }

    private static XElement Lines(ReportContent content, ShownSequence shown)
    {
        string[] names = [.. content.Data.Dimensions.Select(d => d.Name)];
        Fan fan = shown.Fan!;
        int horizon = content.Forecasts!.Horizon, from = From(fan, horizon, content.Options.Steps);
        return Section.Figure(Markup.Say($"{Section.Name(shown)}, steps {fan.Known + 1} to {fan.Known + horizon} from the {fan.Known} before, in the unit of the data."),
            Legend.Of([("line seen", "observed"), ("line c1", "median"), .. Bands.Select(b => ($"area {b.Style}", Markup.Say($"{100 * b.Level:f0} %")))]),
            Panels.Of(names, new Extent(from + 0.5, fan.Known + horizon + 0.5), d => Range(shown, d, from, horizon), (d, plot) => Draw(shown, d, from, horizon, plot),
                d => Markup.Say($"{Markup.Label(names[d])} of sequence {Markup.Label(shown.Name)}: fan of forecast quantiles over {horizon} steps, and what happened")));
    }

    private static void Draw(ShownSequence shown, int dimension, int from, int horizon, Plot plot)
    {
        Fan fan = shown.Fan!;
        double[] ahead = [.. Enumerable.Range(fan.Known + 1, horizon).Select(t => (double)t)];
        foreach (var (level, style) in Bands)
            plot.Band(ahead, Of(shown, fan.Quantile((1 - level) / 2), dimension), Of(shown, fan.Quantile((1 + level) / 2), dimension), style);
        plot.Upright(fan.Known + 0.5, "mark")
            .Line(ahead, Of(shown, fan.Quantile(0.5), dimension), "c1")
            .Line([.. Enumerable.Range(from + 1, fan.Known + horizon - from).Select(t => (double)t)], Seen(shown, dimension, from, horizon), "seen");
    }

    private static Extent Range(ShownSequence shown, int dimension, int from, int horizon) => Extent.Of(Seen(shown, dimension, from, horizon)
        .Concat(Of(shown, shown.Fan!.Quantile(0.025), dimension)).Concat(Of(shown, shown.Fan.Quantile(0.975), dimension)));

    private static IEnumerable<object> Cells(ReportContent content, ShownSequence[] drawn)
    {
        var rows = new CellRows(content);
        if (rows.Note.Length > 0)
            yield return Section.Note(rows.Note);
        foreach (ShownSequence shown in drawn)
        {
            Fan fan = shown.Fan!;
            int horizon = content.Forecasts!.Horizon, from = From(fan, horizon, content.Options.Steps), size = shown.Sequence.ObservationSize;
            yield return Section.Figure(Markup.Say($"{Section.Name(shown)}, steps {fan.Known + 1} to {fan.Known + horizon} from the {fan.Known} before: right of the line below, the forecast’s mean{(content.Data.IsBinary ? ", a probability" : "")}."),
                rows.Legend,
                rows.Draw("what happened", from, fan.Known + horizon - from, shown.Observed, isLast: false,
                    $"Observations of sequence {Markup.Label(shown.Name)} as a heat map of dimensions over steps", fan.Known),
                rows.Draw("known, then forecast", from, fan.Known + horizon - from,
                    (t, d) => t < fan.Known ? shown.Observed(t, d) : fan.Forecast.Mean[(t - fan.Known) * size + d], isLast: true,
                    Markup.Say($"The same up to step {fan.Known}, then the forecast’s mean"), fan.Known));
        }
    }

    // The first step drawn, from 0.
    private static int From(Fan fan, int horizon, int most) => Math.Max(0, fan.Known - Math.Min(most, Math.Max(LeastBefore, StepsBefore * horizon)));

    private static double[] Seen(ShownSequence shown, int dimension, int from, int horizon) =>
        [.. Enumerable.Range(from, shown.Fan!.Known + horizon - from).Select(t => shown.Observed(t, dimension))];

    private static double[] Of(ShownSequence shown, float[] values, int dimension) =>
        [.. Enumerable.Range(0, values.Length / shown.Sequence.ObservationSize).Select(h => (double)values[h * shown.Sequence.ObservationSize + dimension])];
}
