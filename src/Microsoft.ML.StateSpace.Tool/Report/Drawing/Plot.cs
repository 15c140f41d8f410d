using System.Xml.Linq;

namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>How large a plot is, in the pixels of a page that is wide enough for it, and what its axes say.</summary>
internal sealed record PlotFrame
{
    public double Width { get; init; } = 1000;

    public double Height { get; init; } = 230;

    /// <summary>Room left of the plot for the ordinate's labels.</summary>
    public double Left { get; init; } = 62;

    /// <summary>The abscissa's name with its unit; empty: none.</summary>
    public string XTitle { get; init; } = "";

    /// <summary>The ordinate's name with its unit; empty: none.</summary>
    public string YTitle { get; init; } = "";

    /// <summary>Whether the abscissa's ticks have labels.</summary>
    public bool HasXLabels { get; init; } = true;

    /// <summary>Whether the abscissa counts steps.</summary>
    public bool HasWholeX { get; init; } = true;

    /// <summary>About how many ticks the ordinate has.</summary>
    public int YTicks { get; init; } = 5;
}

/// <summary>A plot over two axes: marks are added in the order in which they cover each other.</summary>
internal sealed class Plot
{
    private const double Right = 10, TickLabel = 15, AxisTitle = 17;

    private readonly PlotFrame _frame;
    private readonly Extent _x, _y;
    private readonly double _top, _bottom;
    private readonly XElement _marks = Markup.Of("g", "marks");

    public Plot(PlotFrame frame, Extent x, Extent y)
    {
        (_frame, _x, _y) = (frame, x, y);
        _top = frame.YTitle.Length > 0 ? AxisTitle + 8 : 6;
        _bottom = frame.Height - (frame.HasXLabels ? TickLabel : 0) - (frame.XTitle.Length > 0 ? AxisTitle : 0) - 4;
    }

    /// <summary>Where an abscissa is drawn.</summary>
    public double X(double value) => _frame.Left + (value - _x.From) / _x.Length * (_frame.Width - Right - _frame.Left);

    /// <summary>Where an ordinate is drawn.</summary>
    public double Y(double value) => _bottom - (value - _y.From) / _y.Length * (_bottom - _top);

    /// <summary>A line.</summary>
    /// <param name="style">Its class: colour, width, dashes.</param>
    public Plot Line(IReadOnlyList<double> x, IReadOnlyList<double> y, string style) =>
        Path($"line {style}", PathData.Line([.. x.Zip(y, (a, b) => (X(a), Y(b)))]));

    /// <summary>An area between two lines.</summary>
    public Plot Band(IReadOnlyList<double> x, IReadOnlyList<double> lower, IReadOnlyList<double> upper, string style) =>
        Path($"area {style}", PathData.Band([.. x.Select(X)], [.. lower.Select(Y)], [.. upper.Select(Y)]));

    /// <summary>A dot at every point.</summary>
    public Plot Dots(IReadOnlyList<double> x, IReadOnlyList<double> y, string style) =>
        Path($"dots {style}", string.Concat(x.Zip(y).Where(p => double.IsFinite(p.First) && double.IsFinite(p.Second))
            .Select(p => $"M{Markup.Coordinate(X(p.First))} {Markup.Coordinate(Y(p.Second))}h0")));

    /// <summary>Bars from 0, each between two abscissas.</summary>
    public Plot Bars(IReadOnlyList<double> edges, IReadOnlyList<double> heights, string style)
    {
        for (int i = 0; i < heights.Count; i++)
        {
            double left = X(edges[i]) + 0.75, right = X(edges[i + 1]) - 0.75, top = Y(heights[i]);
            _marks.Add(Rectangle($"bar {style}", left, top, right - left, Y(0) - top));
        }

        return this;
    }

    /// <summary>A line across the plot at an ordinate.</summary>
    public Plot Level(double y, string style) => Path($"line {style}", $"M{Markup.Coordinate(_frame.Left)} {Markup.Coordinate(Y(y))}H{Markup.Coordinate(_frame.Width - Right)}");

    /// <summary>A line from bottom to top at an abscissa.</summary>
    public Plot Upright(double x, string style) => Path($"line {style}", $"M{Markup.Coordinate(X(x))} {Markup.Coordinate(_bottom)}V{Markup.Coordinate(_top)}");

    /// <summary>Strokes along the lower edge at some abscissas.</summary>
    public Plot Ticks(IEnumerable<double> x, double height, string style) =>
        Path($"line {style}", string.Concat(x.Select(a => $"M{Markup.Coordinate(X(a))} {Markup.Coordinate(_bottom)}v{Markup.Coordinate(-height)}")));

    /// <summary>A grid of cells that fills the plot.</summary>
    public Plot Cells(HeatMap map)
    {
        _marks.Add(map.ToElement(_frame.Left, _top, _frame.Width - Right - _frame.Left, _bottom - _top));
        return this;
    }

    /// <summary>The drawing.</summary>
    /// <param name="name">What a reader who cannot see it is told; text from a file has gone through <see cref="Markup.Text"/>.</param>
    public XElement ToElement(string name) => new("svg",
        new XAttribute("viewBox", Markup.Say($"0 0 {_frame.Width} {_frame.Height}")), new XAttribute("role", "img"), new XAttribute("aria-label", name),
        new XElement("title", name), Grid(), _marks, Titles());

    private XElement Grid()
    {
        var grid = Markup.Of("g", "axis");
        double yStep = NiceTicks.Step(_y, _frame.YTicks);
        foreach (double tick in NiceTicks.Of(_y, _frame.YTicks))
        {
            string y = Markup.Coordinate(Y(tick));
            grid.Add(Shape("grid", $"M{Markup.Coordinate(_frame.Left)} {y}H{Markup.Coordinate(_frame.Width - Right)}"));
            grid.Add(Label("end", _frame.Left - 6, Y(tick) + 3.5, NiceTicks.Label(tick, yStep)));
        }

        int about = Math.Max(2, (int)(_frame.Width / 80));
        IReadOnlyList<double> ticks = _frame.HasWholeX ? NiceTicks.OfWhole(_x, about) : NiceTicks.Of(_x, about);
        double xStep = ticks.Count > 1 ? ticks[1] - ticks[0] : 1;
        foreach (double tick in ticks)
        {
            grid.Add(Shape("tick", $"M{Markup.Coordinate(X(tick))} {Markup.Coordinate(_bottom)}v4"));
            if (_frame.HasXLabels)
                grid.Add(Label("middle", X(tick), _bottom + TickLabel, NiceTicks.Label(tick, xStep)));
        }

        grid.Add(Shape("base", $"M{Markup.Coordinate(_frame.Left)} {Markup.Coordinate(_bottom)}H{Markup.Coordinate(_frame.Width - Right)}"));
        return grid;
    }

    private XElement Titles()
    {
        var titles = Markup.Of("g", "axis names");
        if (_frame.YTitle.Length > 0)
            titles.Add(Label("start", 4, 12, _frame.YTitle));
        if (_frame.XTitle.Length > 0)
            titles.Add(Label("end", _frame.Width - Right, _frame.Height - 5, _frame.XTitle));
        return titles;
    }

    private Plot Path(string style, string data)
    {
        if (data.Length > 0)
            _marks.Add(Shape(style, data));
        return this;
    }

    private static XElement Shape(string style, string data) => Markup.Of("path", style, new XAttribute("d", data));

    private static XElement Rectangle(string style, double x, double y, double width, double height) => Markup.Of("rect", style,
        new XAttribute("x", Markup.Coordinate(x)), new XAttribute("y", Markup.Coordinate(y)),
        new XAttribute("width", Markup.Coordinate(width)), new XAttribute("height", Markup.Coordinate(Math.Max(0, height))));

    private static XElement Label(string anchor, double x, double y, string text) => new("text", new XAttribute("text-anchor", anchor),
        new XAttribute("x", Markup.Coordinate(x)), new XAttribute("y", Markup.Coordinate(y)), text);
}
