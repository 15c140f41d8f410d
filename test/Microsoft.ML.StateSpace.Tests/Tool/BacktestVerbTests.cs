using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class BacktestVerbTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void AModelStandsBesideBaselinesInATable()
    {
        string data = WriteWaves("data.parquet", 3, 40), model = _line.TrainModel(data), table = _line.Path("out/table.parquet"), origins = _line.Path("out/origins.parquet");
        string[] command = ["backtest", model, data, "--horizon", "2", "--stride", "3", "--origins", "4", "--season", "5", "--paths", "16", "--device", "cpu", "--output", table, "--origin-scores", origins];
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        StringAssert.Contains(_line.Output, "12 forecasts of 2 steps, 3 sequences; 24 values compared, 0 missing; 16 paths");
        foreach (string method in new[] { "model", "naive", "seasonal-naive", "linear-gaussian" })
            StringAssert.Contains(_line.Output, method);
        StringAssert.Contains(_line.Output, "in 95 %");
        IDataView rows = new MLContext().StateSpace.Data.LoadFromParquet(table);
        Assert.AreEqual(4 * 3 * 2, rows.GetColumn<string>("Method").Count());
        Assert.IsTrue(rows.GetColumn<double>("Crps").All(double.IsFinite));
        Assert.AreEqual(2, rows.GetColumn<double[]>("Coverage").First().Length);
        Assert.AreEqual(4 * 12, new MLContext().StateSpace.Data.LoadFromParquet(origins).GetColumn<int>("Origin").Count());

        byte[] first = File.ReadAllBytes(table);
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(table), "the same seed, the same bytes");
    }

    [TestMethod]
    public void ATrainerLearnsFirstAndProgramsReadJson()
    {
        string data = WriteWaves("data.parquet", 3, 40), config = _line.Write("config.json", CommandLine.Config), table = _line.Path("table.json");
        string[] command = ["backtest", config, data, "--horizon", "2", "--first-origin", "30", "--baselines", "naive", "--paths", "16", "--window", "8", "--device", "cpu", "--format", "json", "--output", table, "--set", "epochs=1"];
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        JsonArray methods = _line.Json["methods"]!.AsArray();
        Assert.AreEqual("model naive", string.Join(" ", methods.Select(m => m!["name"])));
        double crps = methods[1]!["overall"]!["crps"]!.GetValue<double>();
        Assert.AreEqual(2, methods[1]!["crpsByStep"]!.AsArray().Count);
        JsonArray rows = JsonNode.Parse(File.ReadAllText(table))!.AsArray();
        Assert.HasCount(2 * 3 * 2, rows);
        JsonNode all = rows.Single(r => r!["method"]!.GetValue<string>() == "naive" && r["step"]!.GetValue<int>() == 0 && r["dimension"]!.GetValue<int>() == -1)!;
        Assert.AreEqual(crps, all["crps"]!.GetValue<double>());

        string train = WriteWaves("train.parquet", 4, 30);
        Assert.AreEqual(ExitCode.Ok, _line.Run("backtest", config, data, "--horizon", "2", "--baselines-only", "--baselines", "naive,seasonal", "--season", "5", "--train", train,
            "--validation", data, "--format", "json", "--device", "cpu"), _line.Messages);
        Assert.AreEqual("naive seasonal-naive", string.Join(" ", _line.Json["methods"]!.AsArray().Select(m => m!["name"])));
        Assert.AreEqual(30, _line.Json["forecasts"]!.GetValue<int>(), "ten of each sequence");
    }

    [TestMethod]
    [DataRow("--horizon 0", "--horizon must be at least 1")]
    [DataRow("--season 24", "--horizon")]
    [DataRow("--horizon 2 --season 24,x", "--season: 'x' is no whole number")]
    [DataRow("--horizon 2 --levels 0.8;0.9", "'0.8;0.9' is no number")]
    [DataRow("--horizon 2 --levels 1.5", "Metrics.Levels holds 1.5")]
    [DataRow("--horizon 2 --baselines seasonal", "--baselines seasonal needs --season")]
    [DataRow("--horizon 2 --baselines best", "'best' is none of naive, seasonal, linear-gaussian, none")]
    [DataRow("--horizon 2 --season 1", "Seasons holds 1")]
    [DataRow("--horizon 2 --output table.csv", "must end in .parquet or .json")]
    public void ABadRequestIsRefusedBeforeAnyFileIsRead(string arguments, string named)
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run(["backtest", "no.zip", "no.parquet", .. arguments.Split(' ')]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
    }

    [TestMethod]
    public void TheFileAtFaultIsNamed()
    {
        string config = _line.Write("config.json", CommandLine.Config), good = WriteWaves("good.parquet", 2, 20), bad = _line.Path("bad.parquet");
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(new[] { new Wave { SequenceId = "x", Observations = [1, float.PositiveInfinity] } }), bad);
        string[] command = ["backtest", config, good, "--horizon", "2", "--baselines-only", "--device", "cpu"];
        Assert.AreEqual(ExitCode.BadFile, _line.Run([.. command, "--train", bad]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), $"'{bad}': row 0");
        Assert.AreEqual(ExitCode.Failed, _line.Run([.. command, "--first-origin", "19"]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "No sequence has an origin: 2 steps are forecast after 19 or more, and the longest sequence has 20");
        Assert.AreEqual(ExitCode.BadFile, _line.Run(["backtest", _line.Path("no.json"), good, "--horizon", "2"]), _line.Messages);
    }

    private string WriteWaves(string name, int sequences, int steps)
    {
        var random = new Random(3);
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, sequences).Select(i => new Wave
        {
            SequenceId = $"wave {i}",
            Observations = [.. Enumerable.Range(0, steps).Select(t => (float)(Math.Sin(2 * Math.PI * (t + i) / 5) + 0.1 * random.NextDouble()))],
        })), _line.Path(name));
        return _line.Path(name);
    }

    private sealed class Wave
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];
    }
}
