using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>How surprising each step of the sequences drawn is.</summary>
internal static class AnomalySection
{
    // A tail probability below so little is drawn as so little.
    private const double Least = 1e-6;

    private const int Listed = 8;

    public static XElement Of(ReportContent content)
    {
        string calibrated = content.Model.Calibration is null
            ? "The scores are the model’s own tail probabilities: they were not calibrated on validation data."
            : "The scores were calibrated on the validation data.";
        return Section.Of("anomalies", "Surprise",
            $"The anomaly score p is the probability of a step no more likely than the observed one, given the steps before it. Drawn is −log10 p: 2 is one step in a hundred, 3 one in a thousand. {calibrated}",
            content.Shown.Select(Surprise), Strangest(content));
    }

    private static XElement Surprise(ShownSequence shown)
    {
        double[] x = shown.Times, y = [.. shown.Scores.AnomalyScore!.Skip(shown.First).Take(x.Length).Select(p => -Math.Log10(Math.Max(p, Least)))];
        var plot = new Plot(new PlotFrame { Height = 150, XTitle = "step", YTitle = "−log10 p", YTicks = 4 }, Section.Steps(shown), new Extent(0, Math.Max(3.2, Extent.Of(y).To)));
        double[] strange = [.. y.Select(v => v >= 2 ? v : double.NaN)];
        plot.Level(2, "ideal").Level(3, "ideal").Line(x, y, "c0").Dots(x, strange, "c1");
        return Section.Figure($"{Section.Name(shown)}, {Section.StepsOf(shown)}.", Legend.Of(("line c0", "each step"), ("dots c1", "below one in a hundred"), ("line ideal", "one in 100, one in 1000")),
            plot.ToElement(Markup.Say($"Surprise of sequence {Markup.Label(shown.Name)} over {x.Length} steps: {strange.Count(double.IsFinite)} of them below one in a hundred")));
    }

    private static XElement Strangest(ReportContent content)
    {
        var steps = content.Shown.SelectMany(shown => Enumerable.Range(0, shown.Sequence.Length)
            .Where(t => float.IsFinite(shown.Scores.AnomalyScore![t]))
            .Select(t => (shown.Name, Step: t + 1, Score: (double)shown.Scores.AnomalyScore![t], Likelihood: (double)shown.Scores.LogLikelihood![t])));
        return DataTable.Of("The most surprising steps of these sequences", ["sequence", "step", "anomaly score", "log-likelihood, nats"],
            steps.OrderBy(s => s.Score).Take(Listed).Select(s => (IReadOnlyList<string>)[Markup.Label(s.Name), Markup.Say($"{s.Step}"), Markup.Figure(s.Score), Markup.Figure(s.Likelihood)]));
    }
}
