using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>Elements of a page. Text is escaped when it is written, wherever it came from.</summary>
internal static class Markup
{
    // Elements that HTML closes by themselves; every other one needs an end tag, however empty.
    private static readonly HashSet<string> Void = ["meta", "br", "hr", "link"];

    /// <summary>An element with a class.</summary>
    public static XElement Of(string name, string style, params object?[] content) => new(name, new XAttribute("class", style), content);

    /// <summary>Text from a file: what XML cannot hold becomes U+FFFD.</summary>
    public static string Text(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                kept.Append(text[i]).Append(text[++i]);
            else
                kept.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
        }

        return kept.ToString();
    }

    /// <summary>Text from a file, cut where it is longer than a label may be.</summary>
    public static string Label(string text, int most = 60) => Text(text.Length <= most ? text : string.Concat(text.AsSpan(0, most - 1), "…"));

    /// <summary>Text with numbers as every culture's reader of a report sees them.</summary>
    public static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A figure with four significant digits; none where it is no number.</summary>
    public static string Figure(double value) => double.IsFinite(value) ? value switch
    {
        0 => "0",
        _ when Math.Abs(value) is >= 1e6 or < 1e-3 => value.ToString("0.###e+0", CultureInfo.InvariantCulture),
        _ => value.ToString("0." + new string('0', Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 4)), CultureInfo.InvariantCulture),
    }
    : "–";

    /// <summary>A coordinate to a hundredth of a unit, in as few characters as it takes.</summary>
    public static string Coordinate(double value)
    {
        double rounded = Math.Round(value, 2, MidpointRounding.AwayFromZero);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>The page as HTML that is well-formed XML too.</summary>
    public static string Write(XElement page)
    {
        foreach (XElement element in page.DescendantsAndSelf().Where(e => e.IsEmpty && !Void.Contains(e.Name.LocalName)))
            element.Value = "";
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }
}
