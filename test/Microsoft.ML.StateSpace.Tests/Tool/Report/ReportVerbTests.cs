using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Tool.Report;

namespace Microsoft.ML.StateSpace.Tests.Tool.Report;

/// <summary><c>statespace report</c>: a page for every kind of model, that is well formed, complete and safe.</summary>
[TestClass]
public sealed class ReportVerbTests : IDisposable
{
    private const string Usual = "\"epochs\": 2, \"batchSize\": 4, \"particles\": 16, \"smoothingSamples\": 8, \"filteringProposal\": { \"epochs\": 1 }";

    private static readonly string[] s_sections = ["training", "latents", "reconstructions", "forecasts", "calibration", "particles", "anomalies", "metrics", "model", "data"];

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void ARealValuedModelIsDrawnAsLines()
    {
        string model = Train($$"""
            { "observationSize": 2, "sequenceIdColumnName": "Name", {{Usual}},
              "generative": { "type": "DeepMarkov", "latentSize": 3, "transition": { "type": "Linear" }, "emission": { "type": "Gaussian", "hiddenLayers": 0 } },
              "inference": { "type": "Structured", "hiddenSize": 4 } }
            """, out string data);
        XElement page = Report(model, data, "--dimensions", "2", "--names", "left,<right>", "--horizon", "4", "--sequences", "2");
        string text = page.Value;
        StringAssert.Contains(text, "Drawn are the 2 of 3 latents whose smoothed means vary most.");
        StringAssert.Contains(text, "Of 6 sequences 6 are long enough, and 6 forecasts were made");
        StringAssert.Contains(text, "particle filter");
        StringAssert.Contains(text, "Filtering proposal");
        // Lines of two dimensions and two latents of two sequences, and no cells.
        Assert.AreEqual(2 * 2, Drawings(page, "latents").Count());
        Assert.AreEqual(2 * 2, Drawings(page, "reconstructions").Count());
        Assert.AreEqual(2 * 2, Drawings(page, "forecasts").Count());
        Assert.IsFalse(Elements(page, "svg").Any(svg => svg.Attribute("class")?.Value == "cells"));
        Assert.IsTrue(Drawings(page, "forecasts").All(svg => new[] { "area f1", "area f2", "area f3", "area f4", "line c1", "line seen", "line mark" }
            .All(style => svg.Descendants("path").Any(path => path.Attribute("class")!.Value == style))));
        Assert.IsTrue(Drawings(page, "reconstructions").Any(svg => svg.Value.Contains("<right>")), "escaped once, not twice");
        // Six forecasts of four steps and two numbers are in the histogram.
        StringAssert.Contains(text, "Of 48 forecast values");
        Assert.AreEqual(20, Section(page, "calibration").Descendants("rect").Count(r => r.Attribute("class")!.Value == "bar c0" && r.Parent!.Attribute("class")!.Value == "marks"));
    }

    [TestMethod]
    public void ABinaryModelIsDrawnAsAPianoRoll()
    {
        string model = Train($$"""
            { "observationSize": 5, "sequenceIdColumnName": "Name", {{Usual}},
              "generative": { "type": "DeepMarkov", "latentSize": 2, "emission": { "type": "Bernoulli", "hiddenSize": 4 } },
              "inference": { "type": "Structured", "hiddenSize": 4 } }
            """, out string data, size: 5, binary: true);
        XElement page = Report(model, data, "--sequences", "1", "--steps", "6");
        StringAssert.Contains(page.Value, "the others are 0 throughout the data");
        StringAssert.Contains(page.Value, "steps 7 to 12 of 12");
        StringAssert.Contains(Section(page, "calibration").Value, "Reliability: how often what was forecast with a probability happened.");
        XElement[] maps = [.. Elements(Section(page, "reconstructions"), "svg").Where(svg => svg.Attribute("class")?.Value == "cells")];
        Assert.HasCount(2, maps, "observed and reconstructed");
        Assert.IsTrue(maps.All(map => map.Attribute("viewBox")!.Value == "0 0 6 4"), "six steps, and the dimensions 0 to 3 of which 0 and 1 are ever 1");
        Assert.IsFalse(page.Descendants("caption").Any(c => c.Parent!.Value.Contains("inside 80")), "intervals of binary values mean nothing");
        // Steps 7 to 12 of the first dimension, at the bottom: 1 at the even ones.
        string seen = maps[0].Elements("path").Single(p => p.Attribute("class")!.Value == "p8").Attribute("d")!.Value;
        StringAssert.EndsWith(seen, "M1 3.5h1M3 3.5h1M5 3.5h1");
    }

    [TestMethod]
    public void ALinearGaussianModelIsExact()
    {
        string model = Train($$"""
            { "observationSize": 1, "sequenceIdColumnName": "Name", {{Usual}},
              "generative": { "type": "LinearGaussian", "latentSize": 1 }, "inference": { "type": "Exact" }, "bound": { "type": "ExpectationMaximization" } }
            """, out string data, size: 1);
        XElement page = Report(model, data);
        StringAssert.Contains(page.Value, "is a Kalman filter, which is exact and has no particles");
        string[][] bounds = [.. Section(page, "metrics").Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray())];
        string Figure(string name) => bounds.Single(row => row[0] == name)[1];
        Assert.AreEqual(Figure("Kalman filter (exact)"), Figure("IWAE (importance-sampled)"), "both are the likelihood itself");
        Assert.IsFalse(Drawings(page, "particles").Any(svg => svg.Descendants("path").Any(p => p.Attribute("class")!.Value == "line c1 dashed")), "no filter's particles");
    }

    [TestMethod]
    public void AVrnnTrainedByFivoOnManyNumbersIsDrawnAsHeatMaps()
    {
        string model = Train($$"""
            { "observationSize": 9, "sequenceIdColumnName": "Name", {{Usual}},
              "generative": { "type": "Vrnn", "latentSize": 2, "hiddenSize": 4, "emission": { "type": "Gaussian", "hiddenSize": 4 } },
              "inference": { "type": "FilteringPath", "hiddenSize": 4 }, "bound": { "type": "Fivo", "samples": 4 } }
            """, out string data, size: 9);
        XElement page = Report(model, data);
        StringAssert.Contains(page.Value, "VrnnModel with 2 latents");
        StringAssert.Contains(page.Value, "FIVO draws 16 particles from the inference network");
        Assert.IsTrue(Elements(Section(page, "forecasts"), "svg").Any(svg => svg.Attribute("class")?.Value == "cells"));
        Assert.IsTrue(Drawings(page, "particles").All(svg => svg.Descendants("path").Any(p => p.Attribute("class")!.Value == "line c1 dashed")));
        Assert.IsTrue(Drawings(page, "particles").Any(svg => svg.Descendants("path").Any(p => p.Attribute("class")!.Value == "line strip")), "resamplings");
    }

    [TestMethod]
    public void TheSameSeedGivesTheSameBytesAndFaultsAreNamed()
    {
        string data = _line.WriteSequences("data.parquet"), model = _line.TrainModel(data), output = _line.Path("out/report.html");
        string[] report = ["report", model, data, "--output", output, "--device", "cpu", "--particles", "8", "--paths", "16"];
        Assert.AreEqual(ExitCode.Ok, _line.Run(report), _line.Messages);
        StringAssert.Contains(_line.Messages, $"{output}: ");
        byte[] first = File.ReadAllBytes(output);
        Assert.AreEqual(ExitCode.Ok, _line.Run(report), _line.Messages);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(output));
        Assert.AreEqual(ExitCode.Ok, _line.Run([.. report, "--seed", "2"]), _line.Messages);
        CollectionAssert.AreNotEqual(first, File.ReadAllBytes(output));

        Assert.AreEqual(ExitCode.Usage, _line.Run([.. report, "--names", "a,b"]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "--names has 2 names; the model reads 1 numbers per step");
        Assert.AreEqual(ExitCode.Failed, _line.Run([.. report, "--horizon", "6"]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "the longest sequence has 6");
        string other = _line.Path("other.parquet");
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(new[] { new Other() }), other);
        Assert.AreEqual(ExitCode.BadFile, _line.Run([.. report[..2], other, .. report[3..]]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), $"'{other}': ");
        StringAssert.Contains(_line.ErrorLines.Single(), "'Observations'");
        Assert.AreEqual("report.html", string.Join(' ', Directory.GetFileSystemEntries(_line.Path("out")).Select(Path.GetFileName)), "nothing half-written stays");
        Assert.AreEqual(ExitCode.Cancelled, _line.Run(new CancellationToken(canceled: true), report), _line.Messages);
    }

    [TestMethod]
    [DataRow("--sequences 0", "--sequences must be at least 1")]
    [DataRow("--sequences 21", "--sequences must be at most 20")]
    [DataRow("--steps 2001", "--steps must be at most 2000")]
    [DataRow("--horizon 0", "--horizon must be at least 1")]
    [DataRow("--device gpu", "--device 'gpu'")]
    public void ABadRequestIsRefusedBeforeAnyFileIsRead(string arguments, string named)
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run(["report", "no.zip", "no.parquet", "--output", "x.html", .. arguments.Split(' ')]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
    }

    [TestMethod]
    [DataRow(7, 3, "0 2 4")]
    [DataRow(3, 5, "0 1 2")]
    [DataRow(1, 1, "0")]
    public void SequencesAreSpreadOverTheFile(int count, int most, string expected) => Assert.AreEqual(expected, string.Join(' ', Examination.Spread(count, most)));

    [TestMethod]
    public void ReliabilityComparesProbabilitiesWithShares()
    {
        var reliability = new Reliability();
        foreach (var (probability, truth) in new[] { (0.72, 1.0), (0.78, 0.0), (0.75, 1.0), (1.0, 1.0), (0.0, 0.0) })
            reliability.Add(probability, truth);
        Assert.AreEqual((3L, 0.75, 2 / 3.0), (reliability.Count[7], Math.Round(reliability.Forecast(7), 12), reliability.Happened(7)));
        Assert.AreEqual((1L, 1.0, 1L, 0.0), (reliability.Count[9], reliability.Happened(9), reliability.Count[0], reliability.Happened(0)));
    }

    // A training on, and a file of, six sequences whose names and columns are a stranger's.
    private string Train(string config, out string data, int size = 2, bool binary = false)
    {
        data = _line.Path("data.parquet");
        string model = _line.Path("model.zip");
        var random = new Random(5);
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, 6).Select(i => new Row
        {
            Name = $"<script>alert({i})</script>\"'&\u0001",
            Observations = [.. Enumerable.Range(0, 12 * size).Select(k => binary ? k % size == 0 ? k / size % 2 : k % size == 1 ? random.Next(2) : 0
                : (float)(Math.Sin(k / size + i) + 0.1 * random.NextDouble()))],
        })), data);
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", _line.Write("config.json", config), "--train", data, "--model", model, "--device", "cpu"), _line.Messages);
        return model;
    }

    // The page, once it has been seen to be what every page must be.
    private XElement Report(string model, string data, params string[] arguments)
    {
        string output = _line.Path("report.html");
        Assert.AreEqual(ExitCode.Ok, _line.Run(["report", model, data, "--output", output, "--device", "cpu", "--particles", "16", "--paths", "32", .. arguments]), _line.Messages);
        string text = File.ReadAllText(output);
        StringAssert.StartsWith(text, "<!DOCTYPE html>\n<html lang=\"en\">");
        XElement page = XElement.Parse(text["<!DOCTYPE html>\n".Length..]);
        CollectionAssert.AreEqual(s_sections, page.Descendants("section").Select(s => s.Attribute("id")!.Value).ToArray());
        Assert.IsTrue(page.Descendants("nav").Single().Elements("a").All(a => s_sections.Contains(a.Attribute("href")!.Value.TrimStart('#'))));
        // Nothing is run, nothing fetched; the strangers' text is text.
        Assert.IsFalse(page.Descendants().Any(e => e.Name.LocalName is "script" or "img" or "iframe" or "link" or "object"), "an element that fetches or runs");
        Assert.IsFalse(page.Descendants().Attributes().Any(a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || a.Name.LocalName == "src" || a.Value.Contains("://")));
        Assert.IsFalse(Regex.IsMatch(text, "url\\(|@import|https?:"), "a reference to elsewhere");
        string style = page.Descendants("style").Single().Value;
        Assert.IsFalse(style.AsSpan().ContainsAny("<>&"), "a style is raw text: an entity in it would stay one");
        StringAssert.Contains(page.Value, "<script>alert(0)</script>\"'&\uFFFD");
        StringAssert.Contains(page.Value, "<img src=x>");
        // Drawings tell those who cannot see them, and no coordinate is no number.
        Assert.IsTrue(page.Descendants("svg").Where(svg => svg.Attribute("role") is not null).All(svg => svg.Attribute("aria-label")!.Value.Length > 10));
        Assert.IsFalse(Regex.IsMatch(string.Concat(page.Descendants().Attributes("d").Select(d => d.Value)), "NaN|∞|E"), "a coordinate");
        return page;
    }

    private static XElement Section(XElement page, string id) => page.Descendants("section").Single(s => s.Attribute("id")!.Value == id);

    private static IEnumerable<XElement> Elements(XElement part, string name) => part.Descendants(name);

    private static IEnumerable<XElement> Drawings(XElement page, string section) => Section(page, section).Descendants("svg").Where(svg => svg.Attribute("role") is not null);

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        [ColumnName("<img src=x>")]
        public float Weight { get; set; }
    }

    private sealed class Other
    {
        public float[] Values { get; set; } = [1];
    }
}
