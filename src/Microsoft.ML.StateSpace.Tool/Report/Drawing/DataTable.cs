using System.Xml.Linq;

namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>A table of figures.</summary>
internal static class DataTable
{
    /// <summary>The first column names the row, the others hold figures.</summary>
    /// <param name="caption">What the table says.</param>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">Texts of each row.</param>
    public static XElement Of(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows) => Markup.Of("div", "scroll", new XElement("table",
        new XElement("caption", Markup.Text(caption)),
        new XElement("thead", new XElement("tr", columns.Select(name => new XElement("th", new XAttribute("scope", "col"), Markup.Text(name))))),
        new XElement("tbody", rows.Select(row => new XElement("tr", row.Select((cell, i) =>
            i == 0 ? new XElement("th", new XAttribute("scope", "row"), Markup.Text(cell)) : new XElement("td", Markup.Text(cell))))))));
}
