using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>The examples run, on data that they make themselves.</summary>
[TestClass]
public sealed class ExampleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("statespace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void ForecastingComparesWithBaselines()
    {
        string output = Examples.Run("Forecasting", _folder, "--smoke");
        StringAssert.Matches(output, new Regex(@"8 forecasts, CRPS \d+\.\d{3}, MASE \d+\.\d{3}, \d+\.\d % in the 80% interval"));
        StringAssert.Matches(output, new Regex(@"from -?\d+\.\d\d to -?\d+\.\d\d; it was -?\d+\.\d\d"));
        StringAssert.Contains(output, "8 origins");
        // The same forecasts, once as columns and once by rolling origins: of the same truth, by other draws.
        double[] scores = [.. Regex.Matches(output, @"CRPS (\d+\.\d{3})").Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.AreEqual(4, scores.Length);
        Assert.AreEqual(1, scores[1] / scores[0], 0.1);
        foreach (string method in new[] { "model", "naive", "seasonal-naive" })
            StringAssert.Matches(output, new Regex($@"^{method} +CRPS", RegexOptions.Multiline));
    }

    [TestMethod]
    public void AnomalyDetectionCountsItsAlarms()
    {
        string output = Examples.Run("AnomalyDetection", _folder, "--smoke");
        var rows = Regex.Matches(output, @"score <= (\S+): (\d+) alarms in (\d+) hours, (\d+) of them faulty");
        int[] alarms = [.. rows.Select(row => int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture))];
        Assert.AreEqual(3, rows.Count);
        Assert.IsTrue(alarms[0] >= alarms[1] && alarms[1] >= alarms[2], output);
        Assert.AreNotEqual("0", rows[0].Groups[4].Value);
    }

    [TestMethod]
    public void ImputationComparesThreeWaysOnTheSameGaps()
    {
        string output = Examples.Run("Imputation", _folder, "--smoke");
        var rows = Regex.Matches(output, @"^(last value|linear-Gaussian|deep Markov) +mean absolute error (\d\.\d{4}), root mean square (\d\.\d{4}), of (\d+) hours", RegexOptions.Multiline);
        Assert.AreEqual(3, rows.Count, output);
        Assert.AreEqual(1, rows.Select(row => row.Groups[4].Value).Distinct().Count());
        // The series is nearly linear, and EM takes seconds: two iterations are enough to be better than nothing.
        Assert.IsTrue(double.Parse(rows[1].Groups[2].Value, CultureInfo.InvariantCulture) < double.Parse(rows[0].Groups[2].Value, CultureInfo.InvariantCulture), output);
    }

    [TestMethod]
    public void MusicWritesMidiFiles()
    {
        string output = Examples.Run("Music", _folder, "--smoke");
        StringAssert.Contains(output, "nats per step");
        foreach (string folder in new[] { "new", "continued" })
        {
            string[] files = Directory.GetFiles(Path.Combine(_folder, folder), "*.mid");
            Assert.AreEqual(2, files.Length);
            foreach (string file in files)
                CollectionAssert.AreEqual("MThd"u8.ToArray(), File.ReadAllBytes(file)[..4]);
        }
    }
}
