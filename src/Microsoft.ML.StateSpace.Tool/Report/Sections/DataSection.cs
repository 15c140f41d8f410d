using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>What the data file holds.</summary>
internal static class DataSection
{
    private const int MostDimensions = 30, MostColumns = 30;

    public static XElement Of(ReportContent content)
    {
        DataFacts data = content.Data;
        int columns = Math.Min(data.Columns.Count, MostColumns), dimensions = Math.Min(data.Dimensions.Count, MostDimensions);
        long values = data.Steps * data.Dimensions.Count;
        return Section.Of("data", "Data",
            Markup.Say($"{data.Sequences} sequences of {data.Lengths.Least} to {data.Lengths.Most} steps (the middle one {data.Lengths.Median}), {data.Steps:n0} in all; {data.Missing:n0} of {values:n0} values are missing ({100.0 * data.Missing / values:f1} %)."),
            DataTable.Of($"Columns of {Markup.Label(data.Name)}", ["column", "type"], data.Columns.Take(columns).Select(c => (IReadOnlyList<string>)[Markup.Label(c.Name), Markup.Label(c.Type)])),
            columns < data.Columns.Count ? Section.Note(Markup.Say($"{data.Columns.Count - columns} further columns are left out.")) : null,
            DataTable.Of("Observed values by dimension, in the unit of the data", ["dimension", "observed", "mean", "deviation", "least", "greatest"],
                data.Dimensions.Take(dimensions).Select(d => (IReadOnlyList<string>)[Markup.Label(d.Name), Markup.Say($"{d.Count:n0}"), Markup.Figure(d.Mean), Markup.Figure(d.Deviation), Markup.Figure(d.Least), Markup.Figure(d.Most)])),
            dimensions < data.Dimensions.Count ? Section.Note(Markup.Say($"{data.Dimensions.Count - dimensions} further dimensions are left out of the table.")) : null);
    }
}
