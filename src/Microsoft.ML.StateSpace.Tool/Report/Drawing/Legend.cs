using System.Xml.Linq;

namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>What a drawing's marks mean.</summary>
internal static class Legend
{
    /// <summary>A sample of each mark beside its meaning; a mark's class begins with <c>line</c>, <c>area</c>, <c>dots</c> or <c>bar</c>.</summary>
    public static XElement Of(params IEnumerable<(string Style, string Meaning)> marks) =>
        Markup.Of("p", "legend", marks.Select(mark => new XElement("span", Sample(mark.Style), Markup.Text(mark.Meaning))));

    private static XElement Sample(string style) => Markup.Of("svg", "key", new XAttribute("viewBox", "0 0 26 12"), new XAttribute("aria-hidden", "true"),
        style.StartsWith("line", StringComparison.Ordinal) ? Markup.Of("path", style, new XAttribute("d", "M1 6H25"))
        : style.StartsWith("dots", StringComparison.Ordinal) ? Markup.Of("path", style, new XAttribute("d", "M7 6h0M19 6h0"))
        : Markup.Of("rect", style, new XAttribute("x", 1), new XAttribute("y", 1), new XAttribute("width", 24), new XAttribute("height", 10)));

    /// <summary>The depths of a heat map from one end to the other.</summary>
    public static XElement OfDepths(string low, string high, bool isSigned)
    {
        int first = isSigned ? -HeatMap.Depths : 0, count = HeatMap.Depths - first + 1;
        var scale = Markup.Of("svg", "cells scale", new XAttribute("viewBox", $"0 0 {count} 1"), new XAttribute("preserveAspectRatio", "none"), new XAttribute("aria-hidden", "true"));
        for (int i = 0; i < count; i++)
        {
            int depth = first + i;
            if (depth != 0)
                scale.Add(Markup.Of("path", depth < 0 ? $"n{-depth}" : $"p{depth}", new XAttribute("d", $"M{i} .5h1")));
        }

        return Markup.Of("p", "legend", new XElement("span", Markup.Text(low), scale, Markup.Text(high)));
    }
}
