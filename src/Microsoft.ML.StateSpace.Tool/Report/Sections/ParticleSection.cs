using System.Xml.Linq;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>How particles fare on the sequences drawn.</summary>
internal static class ParticleSection
{
    // The strip of resamplings takes so much below 0.
    private const double StripShare = 0.12;

    public static XElement Of(ReportContent content)
    {
        FilterFigures filter = content.Bounds.Filter!;
        bool drawn = filter.Kind == FilterKind.Particle;
        string scores = filter.Kind switch
        {
            FilterKind.Particle => Markup.Say($"The filter that scores the model has {filter.Particles} particles and its own proposal; its mean effective sample size is {Markup.Figure(filter.EffectiveSampleSize)}."),
            FilterKind.Exact => "The filter that scores the model is a Kalman filter, which is exact and has no particles.",
            _ => "The filter that scores the model is an unscented Kalman filter, which has no particles.",
        };
        return Section.Of("particles", "Effective sample size and resampling",
            Markup.Say($"The share of particles that still count at each step, before any resampling. FIVO draws {content.Bounds.Particles} particles from the inference network, and resamples them after a step that leaves half of them or fewer, which the strokes below mark. {scores} An effective sample size near 1 means that a single particle speaks for all: its figures are not to be trusted."),
            content.Shown.Select(shown => Of(content, shown, drawn ? filter.Particles : null)));
    }

    private static XElement Of(ReportContent content, ShownSequence shown, int? particles)
    {
        double[] x = shown.Times;
        double[] Share(float[] sizes, int all) => [.. sizes.Skip(shown.First).Take(x.Length).Select(size => (double)size / all)];
        double[] fivo = Share(shown.Trace.EffectiveSampleSize, content.Bounds.Particles);
        double[] resampled = [.. x.Where((_, i) => shown.Trace.Resampled[shown.First + i])];
        var plot = new Plot(new PlotFrame { Height = 200, XTitle = "step", YTitle = "effective share of the particles" }, Section.Steps(shown), new Extent(-StripShare, 1));
        plot.Level(0.5, "ideal");
        if (particles is { } all)
            plot.Line(x, Share(shown.Scores.EffectiveSampleSize!, all), "c1 dashed");
        plot.Line(x, fivo, "c0").Ticks(resampled, 0.75 * (plot.Y(-StripShare) - plot.Y(0)), "strip");
        return Section.Figure(Markup.Say($"{Section.Name(shown)}, {Section.StepsOf(shown)}; FIVO resampled after {resampled.Length} of the {x.Length} drawn."),
            Legend.Of([("line c0", "FIVO"), .. particles is null ? Array.Empty<(string, string)>() : [("line c1 dashed", "filter")], ("line strip", "FIVO resampled"), ("line ideal", "threshold")]),
            plot.ToElement(Markup.Say($"Effective sample size of sequence {Markup.Label(shown.Name)} over {x.Length} steps, as a share of the particles; {resampled.Length} resamplings")));
    }
}
