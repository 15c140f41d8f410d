using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>What a program in production expects of a trainer and its model: seeds, logs, threads, memory.</summary>
[TestClass]
[DoNotParallelize]
public class CitizenshipTests
{
    [TestMethod]
    public void TheContextsSeedDecidesWhereTheOptionsHaveNone()
    {
        var unset = Rows.Options(epochs: 1) with { Seed = null };
        var (first, second, other) = (Smoothed(new MLContext(seed: 5), unset), Smoothed(new MLContext(seed: 5), unset), Smoothed(new MLContext(seed: 6), unset));
        CollectionAssert.AreEqual(first, second);
        CollectionAssert.AreNotEqual(first, other);
        CollectionAssert.AreEqual(Smoothed(new MLContext(seed: 5), unset with { Seed = 3 }), Smoothed(new MLContext(seed: 6), unset with { Seed = 3 }));

        // The seed that was drawn is known, and trains the same model again.
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(12));
        var trainer = ml.StateSpace.Trainers.DeepMarkov(unset);
        using var model = trainer.Fit(data);
        using var again = trainer.Fit(data);
        Assert.IsNotNull(model.Options.Seed);
        CollectionAssert.AreEqual(Smoothed(ml, model), Smoothed(ml, again));
        CollectionAssert.AreEqual(Smoothed(ml, model), Smoothed(new MLContext(), unset with { Seed = model.Options.Seed }));
    }

    [TestMethod]
    public void EveryEpochIsLogged()
    {
        var ml = new MLContext(seed: 1);
        var logged = new List<string>();
        ml.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Info && entry.Source.Contains(nameof(DeepMarkovTrainer)))
                logged.Add(entry.RawMessage);
        };
        var observer = new Counter();
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 3) with { Observer = observer }).Fit(ml.Data.LoadFromEnumerable(Rows.Make(12)));
        foreach (var epoch in model.History.Epochs)
            Assert.AreEqual(1, logged.Count(line => line.StartsWith($"{epoch.Stage} epoch {epoch.Epoch}:", StringComparison.Ordinal)));
        Assert.HasCount(4, model.History.Epochs);
        CollectionAssert.AreEqual(model.History.Epochs.ToArray(), observer.Epochs);
        StringAssert.Contains(logged[^1], "not calibrated");
    }

    // An AutoML experiment ends its trials so; the method is internal in ML.NET.
    [TestMethod]
    public void ACancelledContextEndsTheTraining()
    {
        var ml = new MLContext(seed: 1);
        var cancel = typeof(MLContext).GetMethod("CancelExecution", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;
        var observer = new Counter { AtEpoch = () => cancel.Invoke(ml, null) };
        var trainer = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1000) with { Observer = observer });
        Assert.ThrowsExactly<OperationCanceledException>(() => trainer.Fit(ml.Data.LoadFromEnumerable(Rows.Make(12))));
        Assert.HasCount(1, observer.Epochs);
    }

    [TestMethod]
    public void ManyThreadsScoreWithOneModel()
    {
        var ml = new MLContext(seed: 1);
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Fit(ml.Data.LoadFromEnumerable(Rows.Make(20)));
        var rows = Rows.Make(24, seed: 9);
        var alone = Score(ml, model, rows);
        var found = new List<ScoredRow>[8];
        var threads = Enumerable.Range(0, found.Length).Select(i => new Thread(() => found[i] = Score(ml, model, rows))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        foreach (var scored in found)
            foreach (var (a, b) in alone.Zip(scored))
            {
                CollectionAssert.AreEqual(a.SmoothedMean, b.SmoothedMean);
                CollectionAssert.AreEqual(a.FilteredMean, b.FilteredMean);
                CollectionAssert.AreEqual(a.AnomalyScore, b.AnomalyScore);
                CollectionAssert.AreEqual(a.Imputed, b.Imputed);
                CollectionAssert.AreEqual(a.ForecastQuantiles, b.ForecastQuantiles);
                Assert.AreEqual(a.SequenceLogLikelihood, b.SequenceLogLikelihood);
            }
    }

    [TestMethod]
    public void ADisposedModelLeavesNoTensor()
    {
        // What the process makes once and keeps is made before counting.
        UseAndDispose();
        long before = LiveTensors.Count();
        for (int i = 0; i < 3; i++)
            UseAndDispose();
        Assert.AreEqual(before, LiveTensors.Count());
    }

    [TestMethod]
    public void ADisposedModelSaysSo()
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(Rows.Make(12));
        var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Fit(data);
        var scored = model.Transform(data);
        model.Dispose();
        model.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(data));
        Assert.ThrowsExactly<ObjectDisposedException>(() => scored.GetColumn<float>("SequenceLogLikelihood").ToList());
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.Model.Save(model, data.Schema, Stream.Null));
    }

    [TestMethod]
    public void TwoThousandPredictionsLeaveNoTensor() => AssertFlat(predictions: 2_000, tensorsOnly: true);

    [TestMethod]
    [TestCategory("Long")]
    public void AMillionPredictionsStayFlat() => AssertFlat(predictions: 1_000_000, tensorsOnly: false);

    private static void AssertFlat(int predictions, bool tensorsOnly)
    {
        var ml = new MLContext(seed: 1);
        var options = new DeepMarkovTrainer.Options
        {
            ObservationSize = 1,
            Generative = new GaussianHmmModel(),
            Inference = new ExactInference(),
            Bound = new ExactLikelihood(),
            Epochs = 1,
            ValidationFraction = 0.5,
        };
        var rows = Enumerable.Range(0, 4).Select(i => new Number { Observations = [i] }).ToList();
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        using var engine = ml.Model.CreatePredictionEngine<Number, Likelihood>(model, new PredictionEngineOptions { OwnsTransformer = false });
        var prediction = new Likelihood();
        void Predict(int count)
        {
            for (int i = 0; i < count; i++)
                engine.Predict(rows[i % rows.Count], ref prediction);
        }
        Predict(predictions / 10);
        long tensors = LiveTensors.Count();
        double early = Environment.WorkingSet / 1e6;
        Predict(predictions);
        Assert.AreEqual(tensors, LiveTensors.Count());
        double late = Environment.WorkingSet / 1e6;
        if (!tensorsOnly)
            Assert.IsTrue(late - early < 30, $"{early:f0} MB became {late:f0} MB");
        Assert.IsTrue(float.IsFinite(prediction.SequenceLogLikelihood));
    }

    private static void UseAndDispose()
    {
        var ml = new MLContext(seed: 1);
        var rows = Rows.Make(12);
        var data = ml.Data.LoadFromEnumerable(rows);
        var options = Rows.Options(epochs: 1) with { SamplePaths = 2 };
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        Score(ml, model, rows);
        ml.StateSpace.Evaluate(model, data, new StateSpace.Scoring.EvaluationOptions { Particles = 3, FilterParticles = 3 });
        ml.StateSpace.Forecast(model, data).GetColumn<float[]>("ForecastMean").ToList();
        using (var engine = ml.Model.CreatePredictionEngine<Row, ScoredRow>(model, new PredictionEngineOptions { OwnsTransformer = false }))
            engine.Predict(rows[0]);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
        Score(ml, loaded, rows);
    }

    private static float[] Smoothed(MLContext ml, DeepMarkovTrainer.Options options)
    {
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows.Make(12)));
        return Smoothed(ml, model);
    }

    private static float[] Smoothed(MLContext ml, DeepMarkovTransformer model) => [.. Score(ml, model, Rows.Make(3, seed: 8)).SelectMany(r => r.SmoothedMean)];

    private static List<ScoredRow> Score(MLContext ml, ITransformer model, List<Row> rows) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

    private sealed class Counter : ITrainingObserver
    {
        public List<EpochRecord> Epochs { get; } = [];

        public Action? AtEpoch { get; init; }

        public bool OnEpoch(EpochRecord epoch)
        {
            Epochs.Add(epoch);
            AtEpoch?.Invoke();
            return true;
        }
    }

    private sealed class Number
    {
        public float[] Observations { get; set; } = [];
    }

    private sealed class Likelihood
    {
        public float SequenceLogLikelihood { get; set; }
    }
}
