using Microsoft.ML.Data;
using static Microsoft.ML.StateSpace.Tests.Trainers.ContractRows;
using static Microsoft.ML.StateSpace.Tests.Trainers.Schemas;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>What scored columns say of themselves, and that it goes on to other transforms: slot names, kinds and sets of scores.</summary>
[TestClass]
public class ScoredColumnTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void SlotsAreNamedByStepAndComponent()
    {
        using var model = _ml.StateSpace.Trainers.DeepMarkov(Driven() with { ObservationSize = null, ControlSize = null }).Fit(_ml.Data.LoadFromEnumerable(Fixed(12)));
        var schema = model.GetOutputSchema(_ml.Data.LoadFromEnumerable(Fixed(1)).Schema);
        CollectionAssert.AreEqual(new[] { "t1.z0", "t1.z1", "t1.z2", "t2.z0" }, Slots(schema["SmoothedMean"])[..4]);
        CollectionAssert.AreEqual(new[] { "t1", "t2", "t3", "t4", "t5" }, Slots(schema["AnomalyScore"]));
        CollectionAssert.AreEqual(new[] { "t1.x0", "t1.x1", "t2.x0" }, Slots(schema["Imputed"])[..3]);
        CollectionAssert.AreEqual(new[] { "h1.x0", "h1.x1", "h2.x0", "h2.x1" }, Slots(schema["Forecast"]));
        CollectionAssert.AreEqual(new[] { "q0.1.h1.x0", "q0.1.h1.x1", "q0.1.h2.x0", "q0.1.h2.x1", "q0.5.h1.x0" }, Slots(schema["ForecastQuantiles"])[..5]);
        Assert.AreEqual("path3.h2.x1", Slots(schema["ForecastPaths"])[^1]);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3, Horizon, 2), schema["ForecastQuantiles"].Type);
        Assert.AreEqual(NumberDataViewType.Single, schema["SequenceLogLikelihood"].Type);

        // Of rows of any length only the forecasts have slots.
        var ragged = model.GetOutputSchema(_ml.Data.LoadFromEnumerable(Ragged(1)).Schema);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 0, 2), ragged["Imputed"].Type);
        Assert.IsFalse(ragged["Imputed"].HasSlotNames());
        Assert.IsTrue(ragged["Forecast"].HasSlotNames());
    }

    [TestMethod]
    public void ForecastsAreNamedAsTheObservationsAre()
    {
        var chain = _ml.Transforms.Concatenate("Observations", "Level", "Slope").Append(_ml.StateSpace.Trainers.DeepMarkov(Options() with { MaskColumnName = null }));
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 12).Select(i => new Pair { Name = $"pair {i}", Level = i % 5, Slope = -i % 3 }).ToList());
        var schema = chain.Fit(data).GetOutputSchema(data.Schema);
        CollectionAssert.AreEqual(new[] { "h1.Level", "h1.Slope", "h2.Level", "h2.Slope" }, Slots(schema["Forecast"]));
        CollectionAssert.AreEqual(new[] { "t1.Level", "t1.Slope" }, Slots(schema["Imputed"]));
        Assert.AreEqual("AnomalyDetection", Text(schema["AnomalyScore"], "ScoreColumnKind"));
        Assert.AreEqual("Probability", Text(schema["AnomalyScore"], "ScoreValueKind"));
        Assert.AreEqual("QuantileRegression", Text(schema["ForecastLower"], "ScoreColumnKind"));
        Assert.AreEqual("MultiOutputRegression", Text(schema["Forecast"], "ScoreColumnKind"));
        Assert.AreEqual(1u, SetId(schema["Forecast"]));
        var forecast = _ml.StateSpace.Forecast(chain.Fit(data), data, new StateSpace.Scoring.ForecastOptions { Paths = 2 }).Schema;
        CollectionAssert.AreEqual(new[] { "h1.Level", "h1.Slope", "h2.Level", "h2.Slope" }, Slots(forecast["Quantile_0.1"]));
        Assert.AreEqual("path2.h2.Slope", Slots(forecast["Paths"])[^1]);
        Assert.AreEqual("QuantileRegression", Text(forecast["Quantile_0.5"], "ScoreColumnKind"));
        // A second model's scores are a second set.
        var second = chain.Append(_ml.StateSpace.Trainers.DeepMarkov(Options() with { MaskColumnName = null })).Fit(data).GetOutputSchema(data.Schema);
        Assert.AreEqual(2u, SetId(second["Forecast"]));
        CollectionAssert.AreEqual(new[] { "h1.Level", "h1.Slope", "h2.Level", "h2.Slope" }, Slots(second["Forecast"]));
    }

    [TestMethod]
    public void ScoresGoOnThroughOtherTransforms()
    {
        var data = _ml.Data.LoadFromEnumerable(Fixed(12));
        var model = _ml.Transforms.CopyColumns("Values", "Observations")
            .Append(_ml.StateSpace.Trainers.DeepMarkov(Options() with { ObservationColumnName = "Values", ObservationSize = null }))
            .Append(_ml.Transforms.Concatenate("Features", "Forecast", "SequenceLogLikelihood"))
            .Append(_ml.Transforms.SelectColumns("Name", "Features", "AnomalyScore"))
            .Fit(data);
        var scored = model.Transform(data);
        string[] slots = Slots(scored.Schema["Features"]);
        CollectionAssert.AreEqual(new[] { "Forecast.h1.x0", "SequenceLogLikelihood" }, new[] { slots[0], slots[^1] });
        float[][] features = [.. scored.GetColumn<float[]>("Features")];
        Assert.IsTrue(features.Length == 12 && features.All(f => f.Length == 5 && f.All(float.IsFinite)));
        using var engine = _ml.Model.CreatePredictionEngine<FixedRow, Features>(model);
        foreach (var (row, batch) in Fixed(12).Zip(features))
            foreach (var (a, b) in batch.Zip(engine.Predict(row).Values))
                Assert.AreEqual(a, b, 1e-5 * Math.Max(1, Math.Abs(a)));
    }

    private sealed class Pair
    {
        public string Name { get; set; } = "";

        public float Level { get; set; }

        public float Slope { get; set; }
    }

    private sealed class Features
    {
        [ColumnName("Features")]
        public float[] Values { get; set; } = [];
    }
}
