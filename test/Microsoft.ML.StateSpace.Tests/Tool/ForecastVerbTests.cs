using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class ForecastVerbTests : IDisposable
{
    private const string DrivenConfig = """
        {
          "observationSize": 1, "controlColumnName": "Controls", "controlSize": 2,
          "generative": { "type": "DeepMarkov", "latentSize": 1, "transition": { "type": "Linear" }, "emission": { "type": "Gaussian", "hiddenLayers": 0 }, "conditioning": {} },
          "inference": { "type": "Structured", "hiddenSize": 4 },
          "epochs": 1, "batchSize": 8, "particles": 16
        }
        """;

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void MeansQuantilesAndPathsAreColumnsBesideTheId()
    {
        string data = _line.WriteSequences("data.parquet"), model = _line.TrainModel(data), output = _line.Path("forecast.parquet");
        string[] command = ["forecast", model, data, "--horizon", "4", "--quantiles", "0.05, 0.5,0.95", "--samples", "3", "--output", output, "--device", "cpu"];
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        StringAssert.Contains(_line.Messages, "12 sequences, 4 steps each");
        IDataView rows = new MLContext().StateSpace.Data.LoadFromParquet(output);
        CollectionAssert.AreEqual(new[] { "SequenceId", "ForecastMean", "Quantile_0.05", "Quantile_0.5", "Quantile_0.95", "Paths" }, rows.Schema.Select(c => c.Name).ToArray());
        Assert.AreEqual("test-00011", rows.GetColumn<string>("SequenceId").Last());
        foreach ((string column, int numbers) in new[] { ("ForecastMean", 4), ("Quantile_0.05", 4), ("Paths", 12) })
        {
            float[][] values = [.. rows.GetColumn<float[]>(column)];
            Assert.HasCount(12, values);
            Assert.IsTrue(values.All(v => v.Length == numbers && v.All(float.IsFinite)), column);
        }

        // The transformer's own columns: one step, the middle 90 per cent.
        string scores = _line.Path("scores.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run("score", model, data, "--output", scores, "--device", "cpu"), _line.Messages);
        IDataView scored = new MLContext().StateSpace.Data.LoadFromParquet(scores);
        foreach ((string of, string column) in new[] { ("Forecast", "ForecastMean"), ("ForecastLower", "Quantile_0.05"), ("ForecastUpper", "Quantile_0.95") })
        {
            foreach (var (one, four) in scored.GetColumn<float[]>(of).Zip(rows.GetColumn<float[]>(column)))
                Assert.AreEqual(one[0], four[0], 1e-5f, column);
        }

        byte[] first = File.ReadAllBytes(output);
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(output));
    }

    [TestMethod]
    public void ControlsComeFromTheDataOrFromAFileOfTheirOwn()
    {
        string data = WriteDriven("data.parquet", steps: 6), ahead = WriteDriven("ahead.parquet", steps: 9), model = _line.Path("model.zip");
        string future = WriteDriven("future.parquet", steps: 9, from: 6), output = _line.Path("out/forecast.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", _line.Write("c.json", DrivenConfig), "--train", data, "--model", model, "--device", "cpu"), _line.Messages);

        Assert.AreEqual(ExitCode.BadFile, _line.Run("forecast", model, data, "--horizon", "3", "--output", output, "--device", "cpu"), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), $"'{data}': row 0 ('row 0'), column 'Controls': 3 steps after the first 6 need controls for 9 steps, but there are 6");
        Assert.AreEqual(ExitCode.BadFile, _line.Run("forecast", model, data, "--horizon", "4", "--controls", future, "--output", output, "--device", "cpu"), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), $"'{future}': row 0 ('row 0'), column 'Controls': 4 steps are drawn or forecast, but there are controls for 3");
        Assert.IsFalse(Directory.Exists(_line.Path("out")) && Directory.GetFileSystemEntries(_line.Path("out")).Length > 0);

        Assert.AreEqual(ExitCode.Ok, _line.Run("forecast", model, ahead, "--horizon", "3", "--output", output, "--device", "cpu"), _line.Messages);
        float[][] own = Means(output);
        Assert.AreEqual(ExitCode.Ok, _line.Run("forecast", model, data, "--horizon", "3", "--controls", future, "--output", output, "--device", "cpu"), _line.Messages);
        float[][] given = Means(output);
        for (int i = 0; i < own.Length; i++)
            CollectionAssert.AreEqual(own[i], given[i], "the same controls, whichever file they come from");

        string samples = _line.Path("out/samples.parquet");
        Assert.AreEqual(ExitCode.Usage, _line.Run("sample", model, "--length", "3", "--output", samples, "--device", "cpu"), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "The model reads controls ('Controls')");
        Assert.AreEqual(ExitCode.Ok, _line.Run("sample", model, "--length", "3", "--count", "8", "--controls", future, "--output", samples, "--device", "cpu"), _line.Messages);
        Assert.AreEqual(ExitCode.BadFile, _line.Run("sample", model, "--length", "3", "--count", "9", "--controls", future, "--output", samples, "--device", "cpu"), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "have 8 rows, and none for row 8");
    }

    [TestMethod]
    [DataRow("--horizon 0", "--horizon must be at least 1")]
    [DataRow("--quantiles 0.5", "--horizon")]
    [DataRow("--horizon 2 --quantiles 0.5;0.9", "'0.5;0.9' is no number")]
    [DataRow("--horizon 2 --particles 0", "--particles must be at least 1")]
    public void ABadRequestIsRefusedBeforeAnyFileIsRead(string arguments, string named)
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run(["forecast", "no.zip", "no.parquet", "--output", _line.Path("o.parquet"), .. arguments.Split(' ')]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
    }

    private static float[][] Means(string path) => [.. new MLContext().StateSpace.Data.LoadFromParquet(path).GetColumn<float[]>("ForecastMean")];

    private string WriteDriven(string name, int steps, int from = 0)
    {
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(i => new DrivenRow
        {
            SequenceId = $"row {i}",
            Observations = [.. Enumerable.Range(0, 6).Select(t => (float)Math.Sin(i + t))],
            Controls = [.. Enumerable.Range(2 * from, 2 * (steps - from)).Select(k => (float)Math.Cos(i + k))],
        })), _line.Path(name));
        return _line.Path(name);
    }

    private sealed class DrivenRow
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Controls { get; set; } = [];
    }
}
