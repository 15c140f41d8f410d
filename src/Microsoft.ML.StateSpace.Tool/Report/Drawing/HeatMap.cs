using System.Text;
using System.Xml.Linq;

namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>A grid of cells whose depth of colour says their value: from −1 to 1; below 0 it is another colour, NaN is grey.</summary>
/// <remarks>Cells of a like depth are one path of horizontal strokes, so that a mostly empty grid takes few bytes.</remarks>
internal sealed class HeatMap
{
    /// <summary>Depths of either colour.</summary>
    public const int Depths = 8;

    private readonly int _rows, _columns;
    private readonly sbyte[] _depth;

    // What stands for a cell without a value.
    private const sbyte Missing = sbyte.MaxValue;

    /// <param name="rows">The first is drawn at the bottom.</param>
    /// <param name="columns">Steps.</param>
    /// <param name="value">Of row and column; beyond ±1 it is drawn as ±1.</param>
    public HeatMap(int rows, int columns, Func<int, int, double> value)
    {
        (_rows, _columns) = (rows, columns);
        _depth = new sbyte[rows * columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                _depth[r * columns + c] = DepthOf(value(r, c));
    }

    /// <summary>The depth that a value is drawn in.</summary>
    public static sbyte DepthOf(double value) => double.IsNaN(value) ? Missing : (sbyte)Math.Round(Math.Clamp(value, -1, 1) * Depths, MidpointRounding.AwayFromZero);

    /// <summary>The grid in a rectangle of the drawing.</summary>
    public XElement ToElement(double x, double y, double width, double height)
    {
        var grid = Markup.Of("svg", "cells", new XAttribute("x", Markup.Coordinate(x)), new XAttribute("y", Markup.Coordinate(y)),
            new XAttribute("width", Markup.Coordinate(width)), new XAttribute("height", Markup.Coordinate(height)),
            new XAttribute("viewBox", Markup.Say($"0 0 {_columns} {_rows}")), new XAttribute("preserveAspectRatio", "none"));
        foreach (sbyte depth in _depth.Where(d => d != 0).Distinct().Order())
            grid.Add(Markup.Of("path", depth == Missing ? "missing" : depth < 0 ? $"n{-depth}" : $"p{depth}", new XAttribute("d", Runs(depth))));
        return grid;
    }

    private string Runs(sbyte depth)
    {
        var path = new StringBuilder();
        var here = new bool[_columns];
        for (int r = _rows - 1; r >= 0; r--)
        {
            for (int c = 0; c < _columns; c++)
                here[c] = _depth[r * _columns + c] == depth;
            PathData.AppendRuns(path, _rows - 1 - r, here);
        }

        return path.ToString();
    }
}
