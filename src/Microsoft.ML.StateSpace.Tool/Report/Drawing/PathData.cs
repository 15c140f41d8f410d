using System.Text;

namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>The geometry of SVG paths, from points in the drawing's units; points that are no numbers interrupt them.</summary>
internal static class PathData
{
    /// <summary>A line through points.</summary>
    public static string Line(IReadOnlyList<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        bool drawing = false;
        for (int i = 0; i < points.Count; i++)
        {
            if (!IsPoint(points[i]))
            {
                drawing = false;
                continue;
            }

            Append(path, drawing ? 'L' : 'M', points[i]);
            // A point between two gaps is a dot: a line of no length with round ends.
            if (!drawing && (i + 1 == points.Count || !IsPoint(points[i + 1])))
                path.Append("h0");
            drawing = true;
        }

        return path.ToString();
    }

    /// <summary>An area between an upper and a lower edge with the same abscissas.</summary>
    public static string Band(IReadOnlyList<double> x, IReadOnlyList<double> lower, IReadOnlyList<double> upper)
    {
        var path = new StringBuilder();
        for (int from = 0; from < x.Count;)
        {
            if (!IsInBand(from))
            {
                from++;
                continue;
            }

            int to = from;
            while (to < x.Count && IsInBand(to))
                to++;
            for (int i = from; i < to; i++)
                Append(path, i == from ? 'M' : 'L', (x[i], upper[i]));
            for (int i = to - 1; i >= from; i--)
                Append(path, 'L', (x[i], lower[i]));
            path.Append('Z');
            from = to;
        }

        return path.ToString();

        bool IsInBand(int i) => double.IsFinite(lower[i]) && double.IsFinite(upper[i]);
    }

    /// <summary>Steps: each value holds from its abscissa for one unit.</summary>
    public static string Steps(IReadOnlyList<(double X, double Y)> points, double width) =>
        Line([.. points.SelectMany(p => new[] { p, (p.X + width, p.Y) })]);

    /// <summary>Horizontal strokes of one cell each for a row of a grid: <c>M x y h n</c>, neighbours joined.</summary>
    public static void AppendRuns(StringBuilder path, int row, ReadOnlySpan<bool> cells)
    {
        for (int from = 0; from < cells.Length; from++)
        {
            if (!cells[from])
                continue;
            int to = from;
            while (to < cells.Length && cells[to])
                to++;
            path.Append('M').Append(from).Append(' ').Append(row).Append(".5h").Append(to - from);
            from = to;
        }
    }

    private static bool IsPoint((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y);

    private static void Append(StringBuilder path, char command, (double X, double Y) point) =>
        path.Append(command).Append(Markup.Coordinate(point.X)).Append(' ').Append(Markup.Coordinate(point.Y));
}
