using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>How the training went, stage by stage.</summary>
internal static class TrainingSection
{
    // Below so large a share of the values, those of the first epochs, a curve is cut off.
    private const double CutShare = 0.05;

    private static readonly PlotFrame Half = new() { Width = 474, Height = 200, XTitle = "epoch", YTicks = 4 }, Third = Half with { Width = 300, Height = 180 };

    public static XElement Of(ReportContent content)
    {
        TrainingHistory history = content.Model.History;
        return Section.Of("training", "Training",
            Markup.Say($"The best epoch on the validation sequences was {history.BestEpoch}, with a bound of {Markup.Figure(history.BestValidationBound)} nats per step; its weights were kept. Bounds are per observed step, in the data’s units, larger is better; the validation bound always counts the KL in full."),
            history.Epochs.GroupBy(epoch => epoch.Stage).Select(stage => Stage(stage.Key, [.. stage])));
    }

    private static object[] Stage(TrainingStage stage, EpochRecord[] epochs)
    {
        double[] x = [.. epochs.Select(e => (double)e.Epoch)];
        if (stage == TrainingStage.FilteringProposal)
            return [Bound("Filtering proposal: minus the inclusive KL from the smoother", "nats per step", x, epochs)];
        XElement terms = Section.Row(
            Curve(Half, "Negative log-likelihood of the observations (training)", "nats per step", x, [.. epochs.Select(e => -e.TrainLogLikelihood)], "c2"),
            Curve(Half, "KL from the prior (training, at weight 1)", "nats per step", x, [.. epochs.Select(e => e.TrainKl)], "c3"));
        (string Name, string Unit, double[] Values, string Style)[] settings =
        [
            ("KL weight", "share", [.. epochs.Select(e => e.KlWeight)], "c4"),
            ("Learning rate", "step size", [.. epochs.Select(e => e.LearningRate)], "c5"),
            ("Gradient norm before clipping", "nats per step", [.. epochs.Select(e => e.GradientNorm)], "c0"),
        ];
        // What a closed-form step has none of is not drawn.
        XElement[] drawn = [.. settings.Where(s => s.Values.Any(v => v != 0 && double.IsFinite(v))).Select(s => Curve(Third, s.Name, s.Unit, x, s.Values, s.Style))];
        return [Bound("Model: the bound", "nats per step", x, epochs), terms, drawn.Length == 0 ? "" : Section.Row(drawn)];
    }

    private static XElement Bound(string caption, string unit, double[] x, EpochRecord[] epochs)
    {
        double[] train = [.. epochs.Select(e => e.TrainBound)], validation = [.. epochs.Select(e => e.ValidationBound)];
        double[] all = [.. train.Concat(validation).Where(double.IsFinite).Order()];
        Extent tight = Extent.Of(all.Skip((int)(CutShare * all.Length)));
        bool cut = all.Length > 0 && all[0] < tight.From;
        double[] Kept(double[] values) => [.. values.Select(v => Math.Max(v, tight.From))];
        int best = Array.FindLastIndex(epochs, e => e.IsBest);
        Plot plot = new Plot(new PlotFrame { XTitle = "epoch", YTitle = unit }, Abscissas(x), tight);
        if (best >= 0)
            plot.Upright(x[best], "mark");
        plot.Line(x, Kept(train), "c0").Line(x, Kept(validation), "c1 dashed");
        string note = cut ? Markup.Say($" Values below {Markup.Figure(tight.From)} lie on the lower edge; the least is {Markup.Figure(all[0])}.") : "";
        return Section.Figure(caption + "." + note,
            Legend.Of(("line c0", "training"), ("line c1 dashed", "validation"), ("line mark", best >= 0 ? Markup.Say($"kept: epoch {epochs[best].Epoch}") : "kept")),
            plot.ToElement(Markup.Say($"{caption} over {epochs.Length} epochs: training ends at {Markup.Figure(train[^1])}, validation at {Markup.Figure(validation[^1])}")));
    }

    private static XElement Curve(PlotFrame frame, string caption, string unit, double[] x, double[] y, string style) => Section.Figure(caption, null,
        new Plot(frame with { YTitle = unit }, Abscissas(x), y.Distinct().Count() == 1 ? Extent.Of([0, y[0]]) : Extent.Of(y)).Line(x, y, style)
            .ToElement(Markup.Say($"{caption} over {x.Length} epochs, at last {Markup.Figure(y[^1])}")));

    private static Extent Abscissas(double[] x) => new(Math.Min(1, x[0]), x[^1]);
}
