using System.Globalization;
using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tests.Tool.Report;

/// <summary>The pieces that pages are drawn with, to the number.</summary>
[TestClass]
public class DrawingTests
{
    [TestMethod]
    [DataRow(0.0, 1.0, 5, "0 0.2 0.4 0.6 0.8 1.0")]
    [DataRow(0.0, 10.0, 5, "0 2 4 6 8 10")]
    [DataRow(-1.7, 2.3, 4, "-1 0 1 2")]
    [DataRow(-18.0, -12.9, 5, "-18 -17 -16 -15 -14 -13")]
    [DataRow(0.0, 0.003, 3, "0 0.001 0.002 0.003")]
    [DataRow(12345.0, 12445.0, 4, "12360 12380 12400 12420 12440")]
    [DataRow(-0.3, 0.3, 6, "-0.3 -0.2 -0.1 0.0 0.1 0.2 0.3")]
    public void TicksAreRoundNumbersInTheRange(double from, double to, int about, string expected)
    {
        var span = new Extent(from, to);
        double step = NiceTicks.Step(span, about);
        string found = string.Join(' ', NiceTicks.Of(span, about).Select(tick => NiceTicks.Label(tick, step)));
        // Zero has the decimals of its neighbours.
        Assert.AreEqual(expected.Replace("0 0.001", "0.000 0.001").Replace("0 0.2", "0.0 0.2"), found);
    }

    [TestMethod]
    public void TicksOfStepsAreWhole()
    {
        CollectionAssert.AreEqual(new double[] { 1, 2, 3 }, NiceTicks.OfWhole(new Extent(0.5, 3.5), 12).ToArray());
        CollectionAssert.AreEqual(new double[] { 50, 100, 150 }, NiceTicks.OfWhole(new Extent(0.5, 192.5), 4).ToArray());
    }

    [TestMethod]
    public void RangesAreNeverEmpty()
    {
        Assert.AreEqual(new Extent(0, 1), Extent.Of([double.NaN, double.PositiveInfinity]));
        Assert.AreEqual((1.0, 3.0), (Extent.Of([2.0], room: 0).From, Extent.Of([2.0], room: 0).To));
        Assert.AreEqual((-0.5, 10.5), (Extent.Of([0, double.NaN, 10]).From, Extent.Of([0, double.NaN, 10]).To));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Extent(0, double.NaN));
    }

    [TestMethod]
    public void LinesBreakWhereAValueIsMissing()
    {
        Assert.AreEqual("M0 1L1 2.35M3 4h0M5 6L7 8", PathData.Line([(0, 1), (1, 2.345000001), (2, double.NaN), (3, 4), (4, double.PositiveInfinity), (5, 6), (7, 8)]));
        Assert.AreEqual("", PathData.Line([(0, double.NaN)]));
    }

    [TestMethod]
    public void BandsGoOutAboveAndBackBelow() => Assert.AreEqual("M0 5L1 6L1 2L0 1ZM3 8L3 4Z",
        PathData.Band([0, 1, 2, 3], [1, 2, double.NaN, 4], [5, 6, 7, 8]));

    [TestMethod]
    public void APlotPutsValuesWhereItsAxesSay()
    {
        var plot = new Plot(new PlotFrame { Width = 210, Height = 120, Left = 50, HasXLabels = false }, new Extent(0, 10), new Extent(-1, 1));
        Assert.AreEqual((50.0, 200.0, 125.0), (plot.X(0), plot.X(10), plot.X(5)));
        Assert.AreEqual((116.0, 6.0, 61.0), (plot.Y(-1), plot.Y(1), plot.Y(0)));
        XElement drawing = plot.Line([0, 10], [-1, 1], "c0").Bars([0, 5, 10], [1, 0.5], "c1").ToElement("a line & bars");
        Assert.AreEqual("M50 116L200 6", drawing.Descendants("path").Single(p => p.Attribute("class")!.Value == "line c0").Attribute("d")!.Value);
        Assert.AreEqual("50.75 6 73.5 55", string.Join(' ', new[] { "x", "y", "width", "height" }.Select(n => drawing.Descendants("rect").First().Attribute(n)!.Value)));
        Assert.AreEqual("a line & bars", drawing.Element("title")!.Value);
        Assert.AreEqual("0 0 210 120", drawing.Attribute("viewBox")!.Value);
    }

    [TestMethod]
    public void CellsOfOneDepthAreOnePathWhoseNeighboursAreJoined()
    {
        double[][] values = [[1, 1, 0, 1], [0, -0.5, double.NaN, 2]];
        XElement grid = new HeatMap(2, 4, (row, column) => values[row][column]).ToElement(0, 0, 40, 20);
        // The first row is at the bottom: it is the second line of cells.
        Assert.AreEqual("n4 M1 0.5h1 | p8 M3 0.5h1M0 1.5h2M3 1.5h1 | missing M2 0.5h1",
            string.Join(" | ", grid.Elements("path").Select(p => $"{p.Attribute("class")!.Value} {p.Attribute("d")!.Value}")));
    }

    [TestMethod]
    [DataRow(0.0, "0")]
    [DataRow(-13.525812, "-13.53")]
    [DataRow(1234.5678, "1235")]
    [DataRow(0.012345, "0.0123")]
    [DataRow(3.27e-8, "3.27e-8")]
    [DataRow(1234567.0, "1.235e+6")]
    [DataRow(double.NaN, "–")]
    public void FiguresHaveFourDigits(double value, string expected) => Assert.AreEqual(expected, Markup.Figure(value));

    [TestMethod]
    public void CoordinatesAreShortAndNeverMinusZero()
    {
        Assert.AreEqual("1.5 0 0 -2.33 100", string.Join(' ', new[] { 1.5, 0, -0.001, -2.333, 100 }.Select(Markup.Coordinate)));
        var foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (foreign.NumberFormat.NumberDecimalSeparator, foreign.NumberFormat.NumberGroupSeparator) = (",", ".");
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = foreign;
            Assert.AreEqual("1.5 2.500 1,234", $"{Markup.Coordinate(1.5)} {Markup.Figure(2.5)} {Markup.Say($"{1234:n0}")}");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void TextIsEscapedAndWhatNoPageCanHoldIsReplaced()
    {
        string page = Markup.Write(new XElement("p", new XAttribute("title", "\"<&"), Markup.Text("<script>alert(1)</script>&\0\uD800\U0001F3B9")));
        Assert.AreEqual("<!DOCTYPE html>\n<p title=\"&quot;&lt;&amp;\">&lt;script&gt;alert(1)&lt;/script&gt;&amp;\uFFFD\uFFFD\U0001F3B9</p>\n", page);
        Assert.AreEqual("abcd…", Markup.Label("abcdefgh", 5));
        // HTML would take <div /> for an open one.
        StringAssert.Contains(Markup.Write(new XElement("div", new XElement("span"), new XElement("meta"))), "<div><span></span><meta /></div>");
    }
}
