using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class CommandLineTests : IDisposable
{
    private static readonly string[] ModelColumns =
    [
        "SmoothedMean", "SmoothedStd", "FilteredMean", "FilteredStd", "LogLikelihood", "SequenceLogLikelihood", "EffectiveSampleSize",
        "AnomalyScore", "Imputed", "Forecast", "ForecastLower", "ForecastUpper", "ForecastQuantiles",
    ];

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void GenerateWritesThreeSplitsWithTheirLatents()
    {
        Assert.AreEqual(ExitCode.Ok, _line.Run("generate", "synthetic11", "--output", _line.Path("data")), _line.Messages);
        foreach ((string split, int rows, int numbers) in new[] { ("train", 5000, 50), ("valid", 500, 50), ("test", 500, 100) })
        {
            Assert.AreEqual(ExitCode.Ok, _line.Run("inspect", _line.Path($"data/{split}.parquet"), "--format", "json"), _line.Messages);
            Assert.AreEqual(rows, (int)_line.Json["rows"]!);
            JsonArray columns = _line.Json["columns"]!.AsArray();
            CollectionAssert.AreEqual(new[] { "SequenceId", "Observations", "Latents" }, columns.Select(column => (string)column!["name"]!).ToArray());
            Assert.AreEqual(numbers, (int)columns[1]!["length"]!["least"]!);
            Assert.AreEqual(numbers, (int)columns[2]!["length"]!["most"]!);
        }

        Assert.HasCount(3, Directory.GetFiles(_line.Path("data")));
    }

    [TestMethod]
    public void AModelGoesThroughAllVerbs()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        StringAssert.Contains(_line.Messages, "epoch 2/2", "a line an epoch");

        Assert.AreEqual(ExitCode.Ok, _line.Run("evaluate", model, data, "--particles", "7", "--format", "json", "--device", "cpu"), _line.Messages);
        JsonNode evaluation = _line.Json;
        Assert.AreEqual(12, (int)evaluation["sequences"]!);
        Assert.AreEqual(72, (int)evaluation["steps"]!);
        Assert.AreEqual(7, (int)evaluation["particles"]!);
        foreach (string bound in new[] { "elbo", "importanceSampled", "fivo" })
        {
            double perStep = (double)evaluation[bound]!["perStep"]!;
            Assert.AreEqual(6 * perStep, (double)evaluation[bound]!["perSequence"]!, 1e-6);
            Assert.AreEqual(perStep, (double)evaluation[bound]!["meanOfPerStep"]!, 1e-6);
        }

        Assert.AreEqual(-(double)evaluation["importanceSampled"]!["perStep"]!, (double)evaluation["triple"]!["importanceSampled"]!);
        Assert.AreEqual(-(double)evaluation["elbo"]!["meanOfPerStep"]!, (double)evaluation["triple"]!["meanNegativeBound"]!);

        double elbo = (double)evaluation["elbo"]!["perStep"]!;
        Assert.AreEqual(ExitCode.Ok, _line.Run("evaluate", model, data, "--particles", "7", "--refine", "100", "--format", "json", "--device", "cpu"), _line.Messages);
        Assert.IsGreaterThan(elbo, (double)_line.Json["elbo"]!["perStep"]!);
        Assert.AreEqual(ExitCode.Usage, _line.Run("evaluate", model, data, "--refine", "0"));

        Assert.AreEqual(ExitCode.Ok, _line.Run("inspect", model, "--format", "json"), _line.Messages);
        Assert.AreEqual("model", (string)_line.Json["kind"]!);
        Assert.AreEqual(1, (int)_line.Json["latentSize"]!);
        Assert.AreEqual("Linear", (string)_line.Json["options"]!["generative"]!["transition"]!["type"]!);
        Assert.AreEqual(2, _line.Json["history"]!["epochs"]!.AsArray().Count(epoch => (string)epoch!["stage"]! == "Model"));
    }

    [TestMethod]
    public void EvaluatePrintsTheThreeBoundsAndWritesTheirTraces()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data), traces = _line.Path("out/traces.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run("evaluate", model, data, "--particles", "5", "--trace", traces, "--device", "cpu"), _line.Messages);
        foreach (string part in new[] { "5 particles", "ELBO", "IWAE", "FIVO", "a (b) {c}" })
            StringAssert.Contains(_line.Output, part);
        IDataView rows = new MLContext().StateSpace.Data.LoadFromParquet(traces);
        string[] ids = [.. rows.GetColumn<string>("SequenceId")], before = [.. new MLContext().StateSpace.Data.LoadFromParquet(data).GetColumn<string>("SequenceId")];
        Assert.AreEqual(string.Join(",", before), string.Join(",", ids));
        int[] lengths = [.. rows.GetColumn<float[]>("EffectiveSampleSize").Select(sizes => sizes.Length)];
        CollectionAssert.AreEqual(lengths.Select(length => 5 * length).ToArray(), rows.GetColumn<float[]>("LogWeights").Select(weights => weights.Length).ToArray());
        CollectionAssert.AreEqual(lengths, rows.GetColumn<bool[]>("Resampled").Select(flags => flags.Length).ToArray());
        Assert.AreEqual(72, lengths.Sum());
    }

    [TestMethod]
    [DataRow("Auto", "Kalman filter (exact)", "particle filter")]
    [DataRow("Particle", "particle filter: mean effective sample size", "Kalman filter")]
    public void EvaluateSaysWhatTheFilterIs(string method, string said, string unsaid)
    {
        string data = _line.WriteSequences("data.parquet"), model = _line.Path("model.zip");
        string config = _line.Write("exact.json", $$"""
            { "observationSize": 1, "generative": { "type": "LinearGaussian", "latentSize": 1 }, "inference": { "type": "Exact" },
              "bound": { "type": "ExactLikelihood" }, "filter": "{{method}}", "epochs": 1 }
            """);
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", config, "--train", data, "--model", model, "--device", "cpu"), _line.Messages);
        Assert.AreEqual(ExitCode.Ok, _line.Run("evaluate", model, data, "--particles", "3", "--filter-particles", "9", "--device", "cpu"), _line.Messages);
        StringAssert.Contains(_line.Output, said);
        Assert.IsFalse(_line.Output.Contains(unsaid, StringComparison.Ordinal), _line.Output);
        Assert.AreEqual(ExitCode.Usage, _line.Run("evaluate", model, data, "--filter-particles", "-1"));
        StringAssert.Contains(_line.ErrorLines.Single(), "--filter-particles must be at least 1");
    }

    [TestMethod]
    public void ScoreWritesTheIdAndEveryColumnOfTheModel()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        string scores = _line.Path("scores.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run("score", model, data, "--output", scores, "--device", "cpu"), _line.Messages);
        DataViewSchema schema = new MLContext().StateSpace.Data.LoadFromParquet(scores).Schema;
        CollectionAssert.AreEqual(new[] { "SequenceId" }.Concat(ModelColumns).ToArray(), schema.Select(column => column.Name).ToArray());
        byte[] first = File.ReadAllBytes(scores);
        Assert.AreEqual(ExitCode.Ok, _line.Run("score", model, data, "--output", scores, "--device", "cpu"), _line.Messages);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(scores), "the same command writes the same bytes");
    }

    [TestMethod]
    public void ScoreWritesTheColumnsAskedFor()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        string scores = _line.Path("scores.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run("score", model, data, "--output", scores, "--columns", "Latents,SmoothedMean"), _line.Messages);
        DataViewSchema schema = new MLContext().StateSpace.Data.LoadFromParquet(scores).Schema;
        CollectionAssert.AreEquivalent(new[] { "Latents", "SmoothedMean" }, schema.Select(column => column.Name).ToArray());
        Assert.AreEqual(ExitCode.Usage, _line.Run("score", model, data, "--output", scores, "--columns", "Smoothed"));
        StringAssert.Contains(_line.ErrorLines.Single(), "SmoothedMean");
    }

    [TestMethod]
    public void ACancelledTrainingKeepsTheBestModelAndSaysSo()
    {
        string data = _line.WriteSequences("data.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        string model = _line.Path("model.zip");
        int code = _line.Run(new CancellationToken(canceled: true), "train", config, "--train", data, "--model", model, "--device", "cpu");
        Assert.AreEqual(ExitCode.Cancelled, code, _line.Messages);
        StringAssert.Contains(_line.Messages, "best model so far is kept");
        Assert.AreEqual(ExitCode.Ok, _line.Run("evaluate", model, data, "--format", "json", "--device", "cpu"), _line.Messages);
    }

    [TestMethod]
    public void ACancelledScoringLeavesNothingBehind()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        string scores = _line.Path("out/scores.parquet");
        int code = _line.Run(new CancellationToken(canceled: true), "score", model, data, "--output", scores, "--device", "cpu");
        Assert.AreEqual(ExitCode.Cancelled, code, _line.Messages);
        Assert.HasCount(0, Directory.GetFiles(_line.Path("out")));
    }

    [TestMethod]
    public void TheSameSeedTrainsTheSameModel()
    {
        string data = _line.WriteSequences("data.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        var results = new List<string>();
        foreach (string seed in new[] { "5", "5", "6" })
        {
            string model = _line.Path("model.zip");
            Assert.AreEqual(ExitCode.Ok, _line.Run("train", config, "--train", data, "--model", model, "--seed", seed, "--device", "cpu"), _line.Messages);
            Assert.AreEqual(ExitCode.Ok, _line.Run("evaluate", model, data, "--format", "json", "--device", "cpu"), _line.Messages);
            results.Add(_line.Output);
        }

        Assert.AreEqual(results[0], results[1]);
        Assert.AreNotEqual(results[0], results[2]);
    }
}
