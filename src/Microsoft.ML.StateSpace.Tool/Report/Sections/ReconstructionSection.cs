using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>Observations beside what the latents make of them.</summary>
internal static class ReconstructionSection
{
    public static XElement Of(ReportContent content) => Section.Of("reconstructions", "Reconstructions",
        Markup.Say($"What the model expects to observe given its own smoothed latents, E[x′ | all observations], from {content.Options.Paths} posterior paths. It shows how much of a sequence passes through the latents; it is no test on unseen data, which forecasts are."),
        content.HasLines ? Lines(content) : Cells(content));

    private static object[] Lines(ReportContent content)
    {
        string[] names = [.. content.Data.Dimensions.Select(d => d.Name)];
        string level = Markup.Say($"{100 * ReportOptions.BandLevel:f0} %");
        return
        [
            .. content.Shown.Select(shown => Section.Figure($"{Section.Name(shown)}, {Section.StepsOf(shown)}, in the unit of the data.",
                Legend.Of(("line seen", "observed"), ("line c0", "reconstructed mean"), ("area c0", $"{level} of reconstructed observations")),
                Panels.Of(names, Section.Steps(shown), d => Range(shown, d), (d, plot) => Draw(shown, d, plot),
                    d => $"{Markup.Label(names[d])} of sequence {Markup.Label(shown.Name)}: observed, and reconstructed with a band of {level}"))),
        ];
    }

    private static void Draw(ShownSequence shown, int dimension, Plot plot)
    {
        double[] x = shown.Times;
        plot.Band(x, Of(shown, shown.Reconstruction.Lower, dimension), Of(shown, shown.Reconstruction.Upper, dimension), "c0")
            .Line(x, Seen(shown, dimension), "seen")
            .Line(x, Of(shown, shown.Reconstruction.Mean, dimension), "c0");
    }

    private static Extent Range(ShownSequence shown, int dimension) => Extent.Of(Seen(shown, dimension)
        .Concat(Of(shown, shown.Reconstruction.Lower, dimension)).Concat(Of(shown, shown.Reconstruction.Upper, dimension)));

    private static object[] Cells(ReportContent content)
    {
        var rows = new CellRows(content);
        return
        [
            rows.Note.Length > 0 ? Section.Note(rows.Note) : "",
            .. content.Shown.Select(shown => Section.Figure($"{Section.Name(shown)}, {Section.StepsOf(shown)}.", rows.Legend,
                rows.Draw("observed", shown.First, shown.Sequence.Length - shown.First, shown.Observed, isLast: false,
                    $"Observations of sequence {Markup.Label(shown.Name)} as a heat map of dimensions over steps"),
                rows.Draw("reconstructed", shown.First, shown.Sequence.Length - shown.First,
                    (t, d) => shown.Reconstruction.Mean[t * shown.Sequence.ObservationSize + d], isLast: true,
                    $"Reconstruction of sequence {Markup.Label(shown.Name)} as a heat map of dimensions over steps"))),
        ];
    }

    private static double[] Seen(ShownSequence shown, int dimension) =>
        [.. Enumerable.Range(shown.First, shown.Sequence.Length - shown.First).Select(t => shown.Observed(t, dimension))];

    private static double[] Of(ShownSequence shown, float[] values, int dimension) => [.. Enumerable.Range(shown.First, shown.Sequence.Length - shown.First)
        .Select(t => (double)values[t * shown.Sequence.ObservationSize + dimension])];
}
