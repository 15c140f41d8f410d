using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

[TestClass]
public class DeepMarkovTrainerTests
{
    private static DeepMarkovTransformer Train(MLContext ml, DeepMarkovTrainer.Options? options = null, List<Row>? rows = null) =>
        ml.StateSpace.Trainers.DeepMarkov(options ?? Rows.Options()).Fit(ml.Data.LoadFromEnumerable(rows ?? Rows.Make(30)));

    private static List<ScoredRow> Score(MLContext ml, ITransformer model, List<Row> rows) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

    [TestMethod]
    public void EveryColumnHasItsSizeAndFiniteValues()
    {
        var ml = new MLContext(seed: 1);
        using var model = Train(ml);
        var rows = Rows.Make(9, seed: 8);
        var scored = Score(ml, model, rows);
        Assert.AreEqual(9, scored.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            int steps = rows[i].Mask.Length, length = Array.LastIndexOf(rows[i].Mask, true) + 1;
            var row = scored[i];
            Assert.AreEqual(rows[i].Name, row.Name);
            foreach (float[] latent in new[] { row.SmoothedMean, row.SmoothedStd, row.FilteredMean, row.FilteredStd })
            {
                Assert.AreEqual(steps * 3, latent.Length);
                Assert.IsTrue(latent.Take(length * 3).All(float.IsFinite));
                Assert.IsTrue(latent.Skip(length * 3).All(float.IsNaN));
            }
            Assert.AreEqual(steps, row.LogLikelihood.Length);
            Assert.IsTrue(row.LogLikelihood.All(float.IsFinite));
            for (int t = 0; t < steps; t++)
                if (!rows[i].Mask[t])
                    Assert.AreEqual(0, row.LogLikelihood[t], 1e-5, "nothing was observed");
            Assert.IsTrue(row.EffectiveSampleSize.Take(length).All(e => e is >= 0.999f and <= 64.001f));
            Assert.AreEqual(row.LogLikelihood.Sum(), row.SequenceLogLikelihood, 1e-3);
            for (int t = 0; t < steps; t++)
            {
                Assert.AreEqual(rows[i].Mask[t], row.AnomalyScore[t] is >= 0 and <= 1, "a score where something was observed");
                for (int d = 0; d < 2; d++)
                    Assert.IsTrue(!rows[i].Mask[t] ? float.IsFinite(row.Imputed[2 * t + d]) == t < length : row.Imputed[2 * t + d] == rows[i].Observations[2 * t + d]);
            }
            Assert.AreEqual(3 * 2 * 2, row.ForecastQuantiles.Length);
            for (int k = 0; k < 4; k++)
                Assert.IsTrue(row.ForecastQuantiles[k] <= row.ForecastQuantiles[4 + k] && row.ForecastQuantiles[4 + k] <= row.ForecastQuantiles[8 + k]);
            Assert.AreEqual(2 * 2, row.Forecast.Length);
            for (int k = 0; k < 4; k++)
                Assert.IsTrue(row.ForecastLower[k] < row.ForecastUpper[k]);
        }
    }

    [TestMethod]
    public void TheSameSeedTrainsTheSameModelToTheBit()
    {
        var rows = Rows.Make(5, seed: 9);
        float[] first, second, other;
        using (var model = Train(new MLContext()))
            first = Score(new MLContext(), model, rows)[2].SmoothedMean;
        using (var model = Train(new MLContext()))
            second = Score(new MLContext(), model, rows)[2].SmoothedMean;
        using (var model = Train(new MLContext(), Rows.Options() with { Seed = 2 }))
            other = Score(new MLContext(), model, rows)[2].SmoothedMean;
        CollectionAssert.AreEqual(first, second);
        CollectionAssert.AreNotEqual(first, other);
    }

    [TestMethod]
    public void ARowsScoresDependOnThatRowOnly()
    {
        var ml = new MLContext();
        using var model = Train(ml);
        var rows = Rows.Make(70, seed: 10);
        var together = Score(ml, model, rows);
        rows.Reverse();
        var reversed = Score(ml, model, rows);
        using var engine = ml.Model.CreatePredictionEngine<Row, ScoredRow>(model);
        for (int i = 0; i < rows.Count; i++)
        {
            var alone = engine.Predict(rows[^(i + 1)]);
            foreach (var (a, b, c) in Columns(together[i]).Zip(Columns(reversed[^(i + 1)]), Columns(alone)))
                for (int k = 0; k < a.Length; k++)
                {
                    AssertClose(a[k], b[k]);
                    AssertClose(a[k], c[k]);
                }
        }
    }

    [TestMethod]
    public void ARowWhoseScoresAreNotFiniteIsRefusedAndItsNeighboursAreNot()
    {
        var ml = new MLContext();
        using var model = Train(ml);
        var rows = Rows.Make(4, seed: 12);
        var sound = Score(ml, model, rows);
        Array.Fill(rows[2].Observations, 3e38f);
        var scored = new List<ScoredRow>();
        var error = Assert.ThrowsExactly<ArithmeticException>(() =>
        {
            foreach (var row in ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false))
                scored.Add(row);
        });
        StringAssert.StartsWith(error.Message, "row 2, column '");
        StringAssert.Contains(error.Message, "sequence 'row 2' are not finite");
        Assert.AreEqual(2, scored.Count);
        for (int i = 0; i < 2; i++)
            foreach (var (before, now) in Columns(sound[i]).Zip(Columns(scored[i])))
                CollectionAssert.AreEqual(before, now);
        using var engine = ml.Model.CreatePredictionEngine<Row, ScoredRow>(model);
        StringAssert.Contains(Assert.ThrowsExactly<ArithmeticException>(() => engine.Predict(rows[2])).Message, "sequence 'row 2' are not finite");
        Assert.IsTrue(engine.Predict(rows[3]).LogLikelihood.All(float.IsFinite));
    }

    [TestMethod]
    public void SavedModelsScoreTheSame()
    {
        var ml = new MLContext();
        using var model = Train(ml);
        var rows = Rows.Make(6, seed: 11);
        using var stream = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(rows).Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out var schema);
        using var transformer = Assert.IsInstanceOfType<DeepMarkovTransformer>(loaded);
        Assert.AreEqual("Observations", schema["Observations"].Name);
        Assert.AreEqual(model.Options with { ValidationSet = null }, transformer.Options);
        Assert.AreEqual(model.History.BestValidationBound, transformer.History.BestValidationBound);
        foreach (var (before, after) in Score(ml, model, rows).Zip(Score(ml, transformer, rows)))
            foreach (var (a, b) in Columns(before).Zip(Columns(after)))
                CollectionAssert.AreEqual(a, b);
    }

    [TestMethod]
    public void ChainsWithOtherEstimators()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(20));
        var chain = ml.Transforms.CopyColumns("Values", "Observations")
            .Append(ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { ObservationColumnName = "Values" }))
            .Append(ml.Transforms.CopyColumns("Latent", "SmoothedMean"));
        var model = chain.Fit(data);
        var schema = model.GetOutputSchema(data.Schema);
        Assert.AreEqual(schema["SmoothedMean"].Type, schema["Latent"].Type);
        Assert.AreEqual(9, Score(ml, model, Rows.Make(9)).Count);
        var bounds = ml.StateSpace.Evaluate(model, data, new EvaluationOptions { Particles = 5 });
        Assert.AreEqual(20, bounds.Sequences);
        Assert.IsTrue(bounds.ImportanceSampled.PerStep >= bounds.Elbo.PerStep);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        Assert.AreEqual(9, Score(ml, ml.Model.Load(stream, out _), Rows.Make(9)).Count);
    }

    [TestMethod]
    public void TheSchemaPromisedIsTheOneDelivered()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(12));
        var listener = new ShapeListener(ml);
        var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Append(listener).Fit(data);
        var delivered = model.GetOutputSchema(data.Schema).Where(c => c.Name != "Listened").ToList();
        CollectionAssert.AreEqual(delivered.Select(c => c.Name).ToArray(), listener.Heard!.Select(c => c.Name).ToArray());
        foreach (var (promised, column) in listener.Heard!.Zip(delivered))
        {
            var vector = column.Type as VectorDataViewType;
            Assert.AreEqual(vector is null ? SchemaShape.Column.VectorKind.Scalar : vector.IsKnownSize
                ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector, promised.Kind, column.Name);
            Assert.AreEqual(vector?.ItemType ?? column.Type, promised.ItemType, column.Name);
            Assert.IsFalse(promised.IsKey, column.Name);
        }
    }

    // An estimator that adds nothing: a chain asks it for its shape before anything is fitted.
    private sealed class ShapeListener(MLContext ml) : IEstimator<ITransformer>
    {
        public SchemaShape? Heard { get; private set; }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Heard = inputSchema;

        public ITransformer Fit(IDataView input) => ml.Transforms.CopyColumns("Listened", "Observations").Fit(input);
    }

    [TestMethod]
    public void WrongColumnsAreRefusedByName()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(4));
        var missing = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() =>
            ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { ObservationColumnName = "Nothing" }).Fit(data));
        StringAssert.Contains(missing.Message, "'Nothing'");
        var mistyped = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() =>
            ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { ObservationColumnName = "Name" }).Fit(data));
        StringAssert.Contains(mistyped.Message, "'Name'");
        // A chain finds out before it fits anything.
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.Transforms.CopyColumns("Copy", "Name")
            .Append(ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { MaskColumnName = "Copy" })).Fit(data));
    }

    [TestMethod]
    public void BadRowsAreRefusedByRowColumnAndStep()
    {
        var ml = new MLContext();
        var rows = Rows.Make(5);
        rows[3].Observations[2] = float.PositiveInfinity;
        var e = Assert.ThrowsExactly<SequenceFormatException>(() => Train(ml, rows: rows));
        foreach (string part in new[] { "row 3", "'row 3'", "'Observations'", "step 1", "dimension 0" })
            StringAssert.Contains(e.Message, part);
        var options = Rows.Options() with { Generative = new StateSpace.Models.DeepMarkovModel { Emission = new StateSpace.Models.BernoulliEmission() } };
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => Train(ml, options)).Message, "outside [0, 1]");
    }

    [TestMethod]
    public void ACancelledTrainingKeepsTheModelSoFar()
    {
        using var source = new CancellationTokenSource();
        var options = Rows.Options(epochs: 100000) with { Observer = new Canceller(source), CancellationToken = source.Token };
        using var model = Train(new MLContext(), options);
        Assert.AreEqual(StopReason.Cancelled, model.History.StopReason);
        Assert.AreEqual(3, model.History.Epochs.Count);
        Assert.AreEqual(4, Score(new MLContext(), model, Rows.Make(4)).Count);
    }

    [TestMethod]
    public void TimeLimitAndHistory()
    {
        using var model = Train(new MLContext(), Rows.Options(epochs: 100000) with { MaxTime = TimeSpan.FromSeconds(2), Patience = 0 });
        Assert.AreEqual(StopReason.TimeLimit, model.History.StopReason);
        Assert.IsTrue(model.History.Epochs.Any(e => e.Stage == TrainingStage.FilteringProposal));
        var best = model.History.Epochs.Single(e => e.Stage == TrainingStage.Model && e.Epoch == model.History.BestEpoch);
        Assert.AreEqual(model.History.BestValidationBound, best.ValidationBound);
        Assert.IsTrue(best.IsBest);
    }

    [TestMethod]
    public void AGpuThatIsNotThereIsAnError()
    {
        var ml = new MLContext();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Train(ml, Rows.Options() with { Device = "cuda:999" })).Message, "GPU 999");
        ml.GpuDeviceId = 999;
        Assert.ThrowsExactly<InvalidOperationException>(() => Train(ml));
        ml.FallbackToCpu = true;
        using var model = Train(ml);
        Assert.AreEqual(TorchSharp.DeviceType.CPU, model.Device.type);
    }

    [TestMethod]
    public void WhatForecastsAndScoresAreAskedForIsCheckedByName()
    {
        foreach (var (options, sentence) in new[]
        {
            (Rows.Options() with { Quantiles = [0.5, 1] }, "Quantiles holds 1;"),
            (Rows.Options() with { Quantiles = [0.5, 0.5] }, "Quantiles holds 0.5 more than once."),
            (Rows.Options() with { SamplePaths = 65 }, "SamplePaths is 65; it must be at least 0, and at most Particles, which is 64."),
            (Rows.Options() with { SamplePaths = -1 }, "SamplePaths is -1;"),
            (Rows.Options() with { CalibrationSteps = -1 }, "CalibrationSteps is -1;"),
        })
            StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(options.Check).Message, sentence);
        Assert.AreEqual(Rows.Options() with { Quantiles = [0.2, 0.3] }, OptionsJson.Read(OptionsJson.Write(Rows.Options() with { Quantiles = [0.2, 0.3] })));
        Assert.AreNotEqual(Rows.Options() with { Quantiles = [0.2, 0.3] }, Rows.Options());
    }

    // Padding is NaN on both sides.
    private static void AssertClose(float expected, float actual)
    {
        Assert.AreEqual(float.IsNaN(expected), float.IsNaN(actual));
        if (!float.IsNaN(expected))
            Assert.AreEqual(expected, actual, 1e-5f * Math.Max(1, Math.Abs(expected)));
    }

    private static IEnumerable<float[]> Columns(ScoredRow row) =>
        [row.SmoothedMean, row.SmoothedStd, row.FilteredMean, row.FilteredStd, row.LogLikelihood, row.EffectiveSampleSize, row.Forecast, row.ForecastLower, row.ForecastUpper,
         row.ForecastQuantiles, [row.SequenceLogLikelihood], row.AnomalyScore, row.Imputed];

    private sealed class Canceller(CancellationTokenSource source) : ITrainingObserver
    {
        public bool OnEpoch(EpochRecord epoch)
        {
            if (epoch.Epoch == 2)
                source.Cancel();
            return true;
        }
    }
}
