using System.Xml.Linq;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>The figures that one looks for first.</summary>
internal static class SummarySection
{
    public static XElement Of(ReportContent content) => Markup.Of("div", "tiles", Tiles(content).Select(tile => new XElement("div",
        Markup.Of("span", "name", tile.Name), Markup.Of("span", "figure", tile.Figure), Markup.Of("span", "unit", tile.Unit))));

    private static IEnumerable<(string Name, string Figure, string Unit)> Tiles(ReportContent content)
    {
        yield return ("ELBO", Markup.Figure(content.Bounds.Elbo.PerStep), "nats per step, larger is better");
        yield return ("IWAE", Markup.Figure(content.Bounds.ImportanceSampled.PerStep), Markup.Say($"nats per step, {content.Bounds.Particles} samples"));
        yield return ("FIVO", Markup.Figure(content.Bounds.Fivo.PerStep), Markup.Say($"nats per step, {content.Bounds.Particles} particles"));
        if (content.Forecasts is { } forecasts)
        {
            ForecastFigures all = forecasts.Metrics.Overall;
            yield return ("CRPS", Markup.Figure(all.Crps), Markup.Say($"unit of the data, {forecasts.Horizon} steps ahead"));
            if (!content.Data.IsBinary && all.Intervals.FirstOrDefault(i => i.Level == 0.8) is { } interval)
                yield return ("Coverage of 80 %", Markup.Say($"{100 * interval.Coverage:f1} %"), "of what happened lay inside");
        }

        yield return ("Weights", Markup.Say($"{content.Model.WeightCount:n0}"), content.Model.Options.Generative.GetType().Name);
    }
}
