using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>The latent states of the sequences drawn.</summary>
internal static class LatentSection
{
    // A normal variable is within so many deviations with probability 0.95.
    private const double Deviations = 1.96;

    public static XElement Of(ReportContent content)
    {
        int size = content.Model.LatentSize;
        int[] chosen = [.. Moving(content.Shown, size).Take(content.Options.Dimensions).Order()];
        string[] names = [.. chosen.Select(k => Markup.Say($"z{k}"))];
        return Section.Of("latents", "Latents over time",
            "The smoothed mean E[z | all observations] with a band of 95 % (1.96 standard deviations), and the filtered mean, which knows only the observations up to its step. Where the band is wide, or the two differ, the observations say little at that step.",
            chosen.Length < size ? Section.Note(Markup.Say($"Drawn are the {chosen.Length} of {size} latents whose smoothed means vary most.")) : null,
            content.Shown.Select(shown => Section.Figure($"{Section.Name(shown)}, {Section.StepsOf(shown)}.",
                Legend.Of(("line c0", "smoothed mean"), ("area c0", "95 % of the posterior"), ("line c1 thin dashed", "filtered mean")),
                Panels.Of(names, Section.Steps(shown), i => Range(shown, chosen[i], size), (i, plot) => Draw(shown, chosen[i], size, plot),
                    i => Markup.Say($"Latent {names[i]} of sequence {Markup.Label(shown.Name)}: smoothed mean, 95 % band and filtered mean")))));
    }

    private static void Draw(ShownSequence shown, int latent, int size, Plot plot)
    {
        double[] mean = Of(shown.Scores.SmoothedMean!, shown, latent, size), deviation = Of(shown.Scores.SmoothedStd!, shown, latent, size);
        double[] x = shown.Times;
        plot.Band(x, [.. mean.Zip(deviation, (m, s) => m - Deviations * s)], [.. mean.Zip(deviation, (m, s) => m + Deviations * s)], "c0")
            .Line(x, Of(shown.Scores.FilteredMean!, shown, latent, size), "c1 thin dashed")
            .Line(x, mean, "c0");
    }

    private static Extent Range(ShownSequence shown, int latent, int size)
    {
        double[] mean = Of(shown.Scores.SmoothedMean!, shown, latent, size), deviation = Of(shown.Scores.SmoothedStd!, shown, latent, size);
        return Extent.Of(mean.Zip(deviation).SelectMany(p => new[] { p.First - Deviations * p.Second, p.First + Deviations * p.Second })
            .Concat(Of(shown.Scores.FilteredMean!, shown, latent, size)));
    }

    private static double[] Of(float[] values, ShownSequence shown, int latent, int size) =>
        [.. Enumerable.Range(shown.First, shown.Sequence.Length - shown.First).Select(t => (double)values[t * size + latent])];

    // The latents, the most varying first.
    private static IEnumerable<int> Moving(IReadOnlyList<ShownSequence> shown, int size) =>
        Enumerable.Range(0, size).OrderByDescending(k => shown.Sum(s => SquaredDeviation(Of(s.Scores.SmoothedMean!, s, k, size)))).ThenBy(k => k);

    private static double SquaredDeviation(double[] values)
    {
        double mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean));
    }
}
