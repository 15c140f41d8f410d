using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>A curve over two logarithmic axes.</summary>
internal sealed record LogCurve(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The power with which y grows: least squares of the logarithms.</summary>
    public double Slope
    {
        get
        {
            double[] x = [.. X.Select(a => Math.Log(a))], y = [.. Y.Select(b => Math.Log(b))];
            double middle = x.Average(), height = y.Average();
            return x.Zip(y, (a, b) => (a - middle) * (b - height)).Sum() / x.Sum(a => (a - middle) * (a - middle));
        }
    }

    /// <summary>The power between the last two points.</summary>
    public double LastSlope => Math.Log(Y[^1] / Y[^2]) / Math.Log(X[^1] / X[^2]);
}

/// <summary>Curves over the same axes.</summary>
/// <param name="X">The abscissa's name.</param>
/// <param name="Y">The ordinate's unit.</param>
/// <param name="Slope">Of the dashed lines to compare with.</param>
/// <param name="Curves">The curves.</param>
internal sealed record LogPanel(string X, string Y, int Slope, IReadOnlyList<LogCurve> Curves);

/// <summary>Panels of logarithmic axes side by side, as an SVG that stands alone.</summary>
internal static class LogFigure
{
    private const double Width = 440, Height = 260, Left = 56, Right = 18, Top = 30, Bottom = 44;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private static readonly string[] s_colours = ["#1f6fb4", "#c8553d"];

    /// <summary>The drawing, two panels in a row.</summary>
    public static string Of(IReadOnlyList<LogPanel> panels)
    {
        double height = (panels.Count + 1) / 2 * Height;
        var svg = new XElement(s_svg + "svg", new XAttribute("viewBox", Markup.Say($"0 0 {2 * Width} {height}")), new XAttribute("font-family", "sans-serif"),
            new XAttribute("font-size", 11), new XElement(s_svg + "rect", new XAttribute("width", "100%"), new XAttribute("height", "100%"), new XAttribute("fill", "#fff")));
        for (int i = 0; i < panels.Count; i++)
            svg.Add(Group(panels[i], i % 2 * Width, i / 2 * Height));
        return $"{svg}\n";
    }

    private static XElement Group(LogPanel panel, double left, double top)
    {
        Axis x = Axis.Of(panel.Curves.SelectMany(c => c.X), Left, Width - Right), y = Axis.Of(panel.Curves.SelectMany(c => c.Y), Height - Bottom, Top);
        var group = new XElement(s_svg + "g", new XAttribute("transform", Markup.Say($"translate({left} {top})")));
        foreach (int power in x.Decades)
            group.Add(Line([(x.At(Math.Pow(10, power)), Top), (x.At(Math.Pow(10, power)), Height - Bottom)], "#e3e3e3"),
                Text(x.At(Math.Pow(10, power)), Height - Bottom + 15, "middle", $"{Math.Pow(10, power)}"));
        foreach (int power in y.Decades)
            group.Add(Line([(Left, y.At(Math.Pow(10, power))), (Width - Right, y.At(Math.Pow(10, power)))], "#e3e3e3"),
                Text(Left - 5, y.At(Math.Pow(10, power)) + 4, "end", $"{Math.Pow(10, power)}"));
        for (int i = 0; i < panel.Curves.Count; i++)
            Add(group, panel, panel.Curves[i], s_colours[i], 14 + 14 * i, x, y);
        group.Add(Text(Width - Right, Height - 12, "end", panel.X), Text(4, 14, "start", panel.Y));
        return group;
    }

    // With a dashed line of the panel's slope that meets the curve where it ends.
    private static void Add(XElement group, LogPanel panel, LogCurve curve, string colour, double legend, Axis x, Axis y)
    {
        double Compared(double at) => curve.Y[^1] * Math.Pow(at / curve.X[^1], panel.Slope);
        (double, double)[] dashes = [.. curve.X.Where(a => Compared(a) >= y.From).Select(a => (x.At(a), y.At(Compared(a))))];
        group.Add(Line(dashes, colour, ("stroke-dasharray", "3 4"), ("opacity", "0.6")),
            Line([.. curve.X.Zip(curve.Y, (a, b) => (x.At(a), y.At(b)))], colour, ("stroke-width", "1.8")));
        foreach (var (a, b) in curve.X.Zip(curve.Y))
            group.Add(new XElement(s_svg + "circle", new XAttribute("cx", Markup.Coordinate(x.At(a))), new XAttribute("cy", Markup.Coordinate(y.At(b))), new XAttribute("r", 2.6), new XAttribute("fill", colour)));
        var name = Text(Width - Right, legend, "end", Markup.Say($"{curve.Name} (slope {curve.Slope:f2})"));
        name.SetAttributeValue("fill", colour);
        group.Add(name);
    }

    private static XElement Line(IReadOnlyList<(double, double)> points, string colour, params (string Name, string Value)[] style) => new(s_svg + "path",
        new XAttribute("d", PathData.Line(points)), new XAttribute("fill", "none"), new XAttribute("stroke", colour), style.Select(s => new XAttribute(s.Name, s.Value)));

    private static XElement Text(double x, double y, string anchor, string text) => new(s_svg + "text", new XAttribute("x", Markup.Coordinate(x)),
        new XAttribute("y", Markup.Coordinate(y)), new XAttribute("text-anchor", anchor), new XAttribute("fill", "#444"), text);

    /// <summary>A logarithmic axis between two coordinates.</summary>
    private sealed record Axis(double From, double To, double Start, double End)
    {
        public static Axis Of(IEnumerable<double> values, double start, double end)
        {
            double[] all = [.. values];
            // Little is shown as little: the axis spans a factor of a hundred at least.
            double room = Math.Max(1.5, 10 / Math.Sqrt(all.Max() / all.Min()));
            return new Axis(all.Min() / room, all.Max() * room, start, end);
        }

        public IEnumerable<int> Decades => Enumerable.Range(-12, 25).Where(power => Math.Pow(10, power) >= From && Math.Pow(10, power) <= To);

        public double At(double value) => Start + Math.Log(value / From) / Math.Log(To / From) * (End - Start);
    }
}
