using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>Plots of several dimensions over the same steps, one below the other.</summary>
internal static class Panels
{
    private const double Height = 100, LastExtra = 32;

    /// <summary>One plot for each name; the last one says what the abscissa is.</summary>
    /// <param name="names">Of the dimensions.</param>
    /// <param name="steps">Drawn.</param>
    /// <param name="range">Of a dimension's values.</param>
    /// <param name="draw">Adds a dimension's marks.</param>
    /// <param name="tell">Of a dimension, for a reader who cannot see it.</param>
    public static IEnumerable<XElement> Of(IReadOnlyList<string> names, Extent steps, Func<int, Extent> range, Action<int, Plot> draw, Func<int, string> tell)
    {
        for (int i = 0; i < names.Count; i++)
        {
            bool isLast = i == names.Count - 1;
            var plot = new Plot(new PlotFrame
            {
                Height = Height + (isLast ? LastExtra : 0),
                YTitle = Markup.Label(names[i], 80),
                YTicks = 3,
                HasXLabels = isLast,
                XTitle = isLast ? "step" : "",
            }, steps, range(i));
            draw(i, plot);
            yield return plot.ToElement(tell(i));
        }
    }
}
