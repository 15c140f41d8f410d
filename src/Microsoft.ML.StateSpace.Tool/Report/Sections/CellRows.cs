using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>The rows of heat maps: which dimensions they are, and how deep a value is.</summary>
internal sealed class CellRows
{
    // So many deviations from the mean are the deepest colour.
    private const double MostDeviations = 3;

    // Dimensions left free on both sides of those that sound.
    private const int Margin = 2;

    private readonly ReportContent _content;
    private readonly int _first, _count;

    public CellRows(ReportContent content)
    {
        _content = content;
        (_first, _count) = content.Data.IsBinary ? Sounding(content.Data) : (0, content.Data.Dimensions.Count);
        _count = Math.Min(_count, ReportOptions.MostRows);
    }

    /// <summary>Which dimensions are drawn, where it is not all of them; else empty.</summary>
    public string Note
    {
        get
        {
            int all = _content.Data.Dimensions.Count;
            return _count == all ? "" : _content.Data.IsBinary && _count < ReportOptions.MostRows
                ? Markup.Say($"Drawn are dimensions {_first} to {_first + _count - 1} of 0 to {all - 1}: the others are 0 throughout the data.")
                : Markup.Say($"Drawn are dimensions {_first} to {_first + _count - 1} of 0 to {all - 1}.");
        }
    }

    /// <summary>What the depths mean.</summary>
    public XElement Legend => _content.Data.IsBinary ? Drawing.Legend.OfDepths("0", "1 (observed, or its probability)", isSigned: false)
        : Drawing.Legend.OfDepths("3 deviations below the mean", "3 above", isSigned: true);

    /// <summary>A heat map over steps from 1 + <paramref name="from"/> on.</summary>
    /// <param name="title">Above it.</param>
    /// <param name="from">The first step, from 0.</param>
    /// <param name="steps">Their number.</param>
    /// <param name="value">Of step and dimension.</param>
    /// <param name="isLast">Whether the abscissa is labelled.</param>
    /// <param name="tell">For a reader who cannot see it.</param>
    /// <param name="origin">A step to be marked, after which something begins; null: none.</param>
    public XElement Draw(string title, int from, int steps, Func<int, int, double> value, bool isLast, string tell, int? origin = null)
    {
        var frame = new PlotFrame { Height = Math.Clamp(3 * _count, 60, 220) + 30 + (isLast ? 32 : 0), YTitle = $"{title} (dimension)", YTicks = 4, HasXLabels = isLast, XTitle = isLast ? "step" : "" };
        Plot plot = new Plot(frame, new Extent(from + 0.5, from + steps + 0.5), new Extent(_first - 0.5, _first + _count - 0.5))
            .Cells(new HeatMap(_count, steps, (row, column) => Depth(value(from + column, _first + row), _first + row)));
        if (origin is { } known)
            plot.Upright(known + 0.5, "mark");
        return plot.ToElement(tell);
    }

    private double Depth(double value, int dimension)
    {
        if (_content.Data.IsBinary)
            return value;
        DimensionFacts facts = _content.Data.Dimensions[dimension];
        return (value - facts.Mean) / (MostDeviations * (facts.Deviation > 0 ? facts.Deviation : 1));
    }

    // The dimensions that are ever 1, and a few around them.
    private static (int First, int Count) Sounding(DataFacts data)
    {
        int[] sounding = [.. Enumerable.Range(0, data.Dimensions.Count).Where(d => data.Dimensions[d].Most > 0)];
        if (sounding.Length == 0)
            return (0, data.Dimensions.Count);
        int first = Math.Max(0, sounding[0] - Margin), last = Math.Min(data.Dimensions.Count - 1, sounding[^1] + Margin);
        return (first, last - first + 1);
    }
}
