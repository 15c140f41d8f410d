using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Linear-Gaussian models through the whole trainer.</summary>
[TestClass]
public class LinearGaussianTrainingTests
{
    // Kalman's log-likelihood per step on synthetic9 under the true parameters.
    private const double Synthetic9 = -3.0763123;

    public TestContext TestContext { get; set; } = null!;

    private static DeepMarkovTrainer.Options Options(Bound bound) => new()
    {
        ObservationSize = 1,
        SequenceIdColumnName = "Name",
        Generative = new LinearGaussianModel { LatentSize = 1 },
        Inference = new ExactInference(),
        Bound = bound,
        Horizon = 2,
        BatchSize = 500,
        LearningRate = 0.1,
        FinalLearningRateRatio = 0,
        WeightAveraging = 0,
        Epochs = 16,
        Seed = 1,
    };

    [TestMethod]
    public void GradientReachesTheLikelihoodOfSynthetic9() => ReachesTheLikelihood(Options(new ExactLikelihood()));

    [TestMethod]
    public void ExpectationMaximizationReachesTheLikelihoodOfSynthetic9() => ReachesTheLikelihood(Options(new ExpectationMaximization { Tolerance = 1e-5 }) with { Epochs = 60 });

    private void ReachesTheLikelihood(DeepMarkovTrainer.Options options)
    {
        var ml = new MLContext();
        var split = SyntheticSystems.Generate("synthetic9").Train;
        var data = ml.Data.LoadFromEnumerable(ToRows(split));
        // The likelihood of all training sequences, which the optimum under the model can exceed by a hair.
        using var model = ml.StateSpace.Trainers.DeepMarkov(options with { ValidationSet = data }).Fit(data);
        TestContext.WriteLine($"{model.History.BestValidationBound:f5} at epoch {model.History.BestEpoch} after {model.History.Epochs[^1].Seconds:f1} s");
        Assert.AreEqual(Synthetic9, model.History.BestValidationBound, 0.01);
        if (options.Bound is ExpectationMaximization)
            foreach (var (before, after) in model.History.Epochs.Zip(model.History.Epochs.Skip(1)))
                Assert.IsTrue(after.TrainBound >= before.TrainBound - 1e-9, "an iteration lowered the likelihood");

        var rows = ToRows(split).Take(40).ToList();
        var scored = Score(ml, model, rows);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = Assert.IsInstanceOfType<DeepMarkovTransformer>(new MLContext().Model.Load(stream, out _));
        Assert.AreEqual(options, loaded.Options);
        foreach (var (a, b) in scored.Zip(Score(ml, loaded, rows)))
        {
            CollectionAssert.AreEqual(a.SmoothedMean, b.SmoothedMean);
            CollectionAssert.AreEqual(a.Forecast, b.Forecast);
            Assert.AreEqual(2, a.Forecast.Length);
            Assert.IsTrue(a.ForecastLower[0] < a.Forecast[0] && a.Forecast[0] < a.ForecastUpper[0]);
        }
        var metrics = ml.StateSpace.Evaluate(model, ml.Data.LoadFromEnumerable(rows), new EvaluationOptions { Particles = 3, FilterParticles = 3 });
        Assert.AreEqual(metrics.Filter!.LogLikelihood.PerStep, metrics.ImportanceSampled.PerStep, 1e-4);
        Assert.AreEqual(metrics.Filter.LogLikelihood.PerStep, scored.Average(r => r.LogLikelihood.Average()), 1e-4);
    }

    [TestMethod]
    public void MissingStepsAndDimensionsTrainBothWays()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(40));
        double[] bounds = [.. new Bound[] { new ExactLikelihood(), new ExpectationMaximization() }.Select(bound =>
        {
            var options = Options(bound) with
            {
                ObservationSize = 2, MaskColumnName = "Mask", ValidationSet = data, BatchSize = 10, Epochs = 50, Patience = 0,
                Generative = new LinearGaussianModel { LatentSize = 3, DiagonalCovariances = bound is ExactLikelihood },
            };
            using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
            Assert.AreEqual(0, model.History.Epochs.Count(e => e.Stage == TrainingStage.FilteringProposal));
            TestContext.WriteLine($"{bound.GetType().Name}: {model.History.Epochs[0].TrainBound:f3} to {model.History.BestValidationBound:f3} in {model.History.Epochs.Count} epochs");
            Assert.IsTrue(model.History.BestValidationBound > model.History.Epochs[0].TrainBound + 0.5);
            return model.History.BestValidationBound;
        })];
        Assert.IsTrue(bounds[1] > bounds[0] - 0.1, "the closed form found a worse optimum than the gradient");
    }

    [TestMethod]
    public void ControlsAreLearnedInClosedForm()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var sequences = LinearGaussianCase.Sequences(missing: 0.2, controls: 2, count: 60);
        // What is observed follows the control: x jumps with u.
        var driven = sequences.Select(s => new Sequence(2, [.. Enumerable.Range(0, s.Length * 2).Select(k =>
            s.IsObserved(k / 2, k % 2) ? 3 * s.Inputs.ControlsOf(k / 2)[k % 2] + 0.1f * s.Observations[k] : float.NaN)], id: s.Id, inputs: s.Inputs)).ToList();
        double[] bounds = [.. new[] { true, false }.Select(controls =>
        {
            var parts = new ModelParts(new LinearGaussianModel { LatentSize = 2, Controls = controls }, new ExactInference(), new FilteringProposal(), new DataShape(2, 2), ReadsMask: true);
            using var networks = parts.Create(1);
            var options = new TrainingOptions { Epochs = 25, BatchSize = 20 };
            return ModelTraining.Run(networks, parts, new ExpectationMaximization(), options, driven, driven[..20], TorchSharp.torch.CPU, null, CancellationToken.None).BestValidationBound;
        })];
        Assert.IsTrue(bounds[0] > bounds[1] + 1, $"{bounds[0]:f3} with controls, {bounds[1]:f3} without");
    }

    [TestMethod]
    public void AClosedFormTrainingStopsWhenToldAndKeepsAModel()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(30));
        using var source = new CancellationTokenSource();
        source.Cancel();
        var options = Options(new ExpectationMaximization { Tolerance = 0 }) with { ObservationSize = 2, MaskColumnName = "Mask", BatchSize = 8 };
        using (var cancelled = ml.StateSpace.Trainers.DeepMarkov(options with { CancellationToken = source.Token }).Fit(data))
        {
            Assert.AreEqual(StopReason.Cancelled, cancelled.History.StopReason);
            Assert.AreEqual(1, cancelled.History.Epochs.Count);
            Assert.AreEqual(4, Score(ml, cancelled, Rows.Make(4)).Count);
        }
        using (var timed = ml.StateSpace.Trainers.DeepMarkov(options with { Epochs = 100_000, Patience = 0, MaxTime = TimeSpan.FromSeconds(1) }).Fit(data))
            Assert.AreEqual(StopReason.TimeLimit, timed.History.StopReason);
        using (var watched = ml.StateSpace.Trainers.DeepMarkov(options with { Observer = new StopsAfter(3) }).Fit(data))
        {
            Assert.AreEqual(StopReason.Observer, watched.History.StopReason);
            Assert.AreEqual(3, watched.History.Epochs.Count);
        }
        using var settled = ml.StateSpace.Trainers.DeepMarkov(options with { Bound = new ExpectationMaximization { Tolerance = 0.01 }, Epochs = 1000 }).Fit(data);
        Assert.AreEqual(StopReason.EarlyStopping, settled.History.StopReason);
        Assert.IsTrue(settled.History.Epochs.Count < 200);
    }

    [TestMethod]
    public void AKnownGaussianHmmNeedsNoTrainingAndScoresExactly()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(ToRows(SyntheticSystems.Generate("synthetic9").Validation));
        var options = Options(new ExactLikelihood()) with { Generative = new GaussianHmmModel { TransitionVariances = [1, 10], EmissionWeights = [0.5], EmissionVariances = [20] }, ValidationSet = data };
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        Assert.AreEqual(0, model.History.Epochs.Count);
        // The drift of 0.05 a step is all that this model lacks.
        Assert.AreEqual(Synthetic9, model.History.BestValidationBound, 0.02);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = Assert.IsInstanceOfType<DeepMarkovTransformer>(ml.Model.Load(stream, out _));
        Assert.AreEqual(model.Options with { ValidationSet = null }, loaded.Options);
    }

    [TestMethod]
    public void IllegalCombinationsAreRefusedByASentence()
    {
        var exact = Options(new ExactLikelihood());
        var dmm = new DeepMarkovModel { LatentSize = 2 };
        AssertRefused(exact with { Generative = dmm }, "Inference is Exact, but Generative is not linear-Gaussian");
        AssertRefused(exact with { Generative = dmm }, "Bound is ExactLikelihood, but Generative is not linear-Gaussian");
        AssertRefused(exact with { Inference = new StructuredInference() }, "does not train an inference network; set Inference to Exact");
        AssertRefused(exact with { Bound = new ExpectationMaximization(), Inference = new MeanFieldInference() }, "set Inference to Exact");
        AssertRefused(exact with { Bound = new ExpectationMaximization(), Generative = new GaussianHmmModel() }, "closed form for a LinearGaussian model only");
        AssertRefused(exact with { Inference = new ExactInference { Direction = Direction.Both } }, "choose Forward or Backward");
        AssertRefused(exact with { Bound = new ExpectationMaximization { LeastVariance = 0, Tolerance = -1 } }, "LeastVariance is 0");
        AssertRefused(exact with { Filter = FilterMethod.Unscented }, "Filter is Unscented");
        AssertRefused(new DeepMarkovTrainer.Options { Filter = FilterMethod.Unscented, Generative = dmm with { Emission = new BernoulliEmission() } }, "Filter is Unscented");
        AssertRefused(new DeepMarkovTrainer.Options { Filter = FilterMethod.Unscented, Generative = dmm with { Augmented = true } }, "Filter is Unscented");
        AssertRefused(exact with { Generative = new LinearGaussianModel { Controls = true } }, "set ControlColumnName");
        AssertRefused(exact with { ObservationSize = 2, Generative = new GaussianHmmModel() }, "The Gaussian HMM is scalar, but there are 2 numbers per step");
        new DeepMarkovTrainer.Options { Filter = FilterMethod.Unscented, Generative = dmm }.Check();
        (exact with { Inference = new ExactInference { Direction = Direction.Forward } }).Check();
        (exact with { Bound = new Elbo(), Inference = new StructuredInference() }).Check();
    }

    [TestMethod]
    public void OptionsComeThroughJson()
    {
        var options = Options(new ExpectationMaximization { LeastVariance = 1e-3 }) with { Inference = new ExactInference { Direction = Direction.Forward }, Filter = FilterMethod.Particle };
        Assert.AreEqual(options, OptionsJson.Read(OptionsJson.Write(options)));
        var hmm = options with { Generative = new GaussianHmmModel { EmissionWeights = [1, 2] }, Bound = new Elbo(), Inference = new PerStepLinearInference { Steps = 3 } };
        Assert.AreEqual(hmm, OptionsJson.Read(OptionsJson.Write(hmm)));
    }

    private static void AssertRefused(DeepMarkovTrainer.Options options, string sentence) =>
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(options.Check).Message, sentence);

    private static List<ScoredRow> Score(MLContext ml, ITransformer model, List<Row> rows) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

    private static List<Row> ToRows(SyntheticSplit split) => [.. Enumerable.Range(0, split.Sequences).Select(i => new Row
    {
        Name = $"{i}",
        Observations = [.. split.ObservationsOf(i).ToArray().Select(x => (float)x)],
        Mask = [.. Enumerable.Repeat(true, split.Steps)],
    })];

    private sealed class StopsAfter(int epochs) : ITrainingObserver
    {
        public bool OnEpoch(EpochRecord epoch) => epoch.Epoch < epochs;
    }
}
