using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Streaming;

/// <summary>A sequence handed over step by step gives what a batch says of it: to the last bit where particles decide or the filter is exact, else to rounding.</summary>
[TestClass]
public class StreamingAgreementTests
{
    private const ScoreOutputs Outputs = ScoreOutputs.FilteredMean | ScoreOutputs.FilteredStd | ScoreOutputs.LogLikelihood | ScoreOutputs.EffectiveSampleSize
        | ScoreOutputs.AnomalyScore | ScoreOutputs.Forecast | ScoreOutputs.ForecastQuantiles | ScoreOutputs.ForecastPaths;

    private static readonly string[] s_networks =
    [
        "st-r-lstm", "st-r-rnn-two-layers", "st-l-gru", "mf-l-lstm", "avf-gradient", "avf-learned-sgd-points", "flow-conditional-prior-product-mf-l", "prior",
        "filtering-path", "smoothing-path", "exact-smoothing", "per-step-linear-filtering",
    ];

    public static IEnumerable<object[]> Models => Parts.Models.Keys.Select(name => new object[] { name });

    public static IEnumerable<object[]> Emissions => Parts.Emissions.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Models))]
    public void EveryFilteringProposalGivesTheBatchsBits(string model)
    {
        var generative = Parts.Models[model].Make(Parts.Emissions["gaussian"]);
        int size = Parts.Models[model].ObservationSize, run = 0;
        foreach (string network in s_networks.Where(name => !Parts.Networks[name].FaultsWith(generative).Any()))
        {
            using var transformer = StreamingModel.Of(generative, Parts.Networks[network], size);
            foreach (bool missing in new[] { false, true })
                AssertAgrees(transformer, StreamingModel.Row($"{network}-{missing}", 7, transformer, missing), 0, $"{model} × {network}, missing: {missing}");
            run++;
        }
        Assert.IsTrue(run >= 8, $"{run} networks");
    }

    [TestMethod]
    [DynamicData(nameof(Emissions))]
    public void EveryEmissionGivesTheBatchsBits(string emission)
    {
        foreach (string model in new[] { "dmm-aug", "vrnn" })
        {
            using var transformer = StreamingModel.Of(Parts.Models[model].Make(Parts.Emissions[emission]), Parts.Networks["filtering-path-res"], 4);
            AssertAgrees(transformer, StreamingModel.Row("a", 6, transformer, missing: true, emission), 0, $"{model} × {emission}");
        }
    }

    // Few particles, and numbers of them that leave a rest in vector instructions.
    [TestMethod]
    [DataRow(1)]
    [DataRow(5)]
    [DataRow(100)]
    public void AnyNumberOfParticlesGivesTheBatchsBits(int particles)
    {
        foreach (string model in new[] { "dmm-linear-controls", "srnn" })
        {
            using var transformer = StreamingModel.Of(Parts.Models[model].Make(Parts.Emissions["gaussian"]), Parts.Networks["st-l-gru"], 4, particles);
            foreach (bool missing in new[] { false, true })
                AssertAgrees(transformer, StreamingModel.Row("a", 9, transformer, missing), 0, $"{model}, {particles} particles", paths: Math.Min(3, particles));
        }
    }

    [TestMethod]
    [DataRow("linear-gaussian", FilterMethod.Auto)]
    [DataRow("continuous-linear-gaussian", FilterMethod.Auto)]
    [DataRow("gaussian-hmm", FilterMethod.Auto)]
    [DataRow("gaussian-hmm", FilterMethod.Unscented)]
    [DataRow("dmm-gated", FilterMethod.Unscented)]
    [DataRow("dmm-linear-controls", FilterMethod.Unscented)]
    [DataRow("dmm-mlp-controls-sum-gap", FilterMethod.Unscented)]
    public void GaussianFiltersAgree(string model, FilterMethod method)
    {
        using var transformer = StreamingModel.Of(Parts.Models[model].Make(Parts.Emissions["gaussian"]), Parts.Networks["st-l-gru"],
            Parts.Models[model].ObservationSize, filter: method);
        foreach (bool missing in new[] { false, true })
            AssertAgrees(transformer, StreamingModel.Row("a", 12, transformer, missing), method == FilterMethod.Auto ? 0 : 1e-5, $"{model}, {method}");
    }

    // Nothing but the last values counts where a row ends; a series goes on. What is not observed moves the state by the prior alone.
    [TestMethod]
    public void UnobservedStepsMoveByThePriorAlone()
    {
        using var model = StreamingModel.Of(new LinearGaussianModel { LatentSize = 1 }, Parts.Networks["st-l-gru"], 1, filter: FilterMethod.Auto);
        var p = ((LinearGaussianModule)model.Networks.Generative).Parameters();
        double a = p.Transition.item<float>(), b = p.TransitionOffset.item<float>(), q = p.TransitionCovariance.item<float>();
        using var filter = StreamingModel.Filter(model, new FilterOptions { AnomalyScores = true });
        var first = filter.Observe(new SeriesObservation("a", [1.5f]));
        foreach (var nothing in new[] { new SeriesObservation("a", [float.NaN]), new("a", []), new("a", [7]) { Mask = [false] } })
        {
            var next = filter.Observe(nothing);
            Assert.AreEqual(0, next.LogLikelihood);
            Assert.IsTrue(double.IsNaN(next.AnomalyScore!.Value));
            Assert.AreEqual(a * first.Mean[0] + b, next.Mean[0], 1e-5);
            Assert.AreEqual(Math.Sqrt(a * a * first.Std[0] * first.Std[0] + q), next.Std[0], 1e-5);
            first = next;
        }
        Assert.AreEqual(3, first.Step);
    }

    [TestMethod]
    public void TenThousandStepsAreTheBatchs() => AssertLong(10_000);

    private static void AssertLong(int steps)
    {
        using var model = StreamingModel.Small();
        var row = StreamingModel.Row("long", steps, model, missing: true);
        var batch = new SequenceScorer(model.Networks, model.Options.Scoring, TorchSharp.torch.CPU)
            .Score([row], ScoreOutputs.FilteredMean | ScoreOutputs.FilteredStd | ScoreOutputs.LogLikelihood | ScoreOutputs.EffectiveSampleSize)[0];
        using var filter = StreamingModel.Filter(model);
        double total = 0, batchTotal = 0;
        for (int t = 0; t < row.Length; t++)
        {
            var step = filter.Observe(StreamingModel.Step(row, t));
            Assert.AreEqual(batch.LogLikelihood![t], (float)step.LogLikelihood, $"step {t}");
            Assert.AreEqual(batch.EffectiveSampleSize![t], step.EffectiveSampleSize, $"step {t}");
            CollectionAssert.AreEqual(batch.FilteredMean![(2 * t)..(2 * t + 2)], step.Mean.ToArray(), $"step {t}");
            CollectionAssert.AreEqual(batch.FilteredStd![(2 * t)..(2 * t + 2)], step.Std.ToArray(), $"step {t}");
            (total, batchTotal) = (total + step.LogLikelihood, batchTotal + batch.LogLikelihood[t]);
        }
        Assert.AreEqual(batchTotal, total);
    }

    private static void AssertAgrees(DeepMarkovTransformer model, Sequence row, double tolerance, string place, int paths = 3)
    {
        var scoring = model.Options.Scoring with { SamplePaths = paths };
        var batch = new SequenceScorer(model.Networks, scoring, TorchSharp.torch.CPU).Score([row], Outputs)[0];
        using var filter = StreamingModel.Filter(model, new FilterOptions { AnomalyScores = true });
        var steps = StreamingModel.Steps(row).Select(filter.Observe).ToList();
        Same(batch.LogLikelihood!, steps.Select(s => (float)s.LogLikelihood), "log-likelihood");
        Same(batch.EffectiveSampleSize!, steps.Select(s => s.EffectiveSampleSize), "effective sample size");
        Same(batch.FilteredMean!, steps.SelectMany(s => s.Mean), "mean");
        Same(batch.FilteredStd!, steps.SelectMany(s => s.Std), "deviation");
        Same(batch.AnomalyScore!, steps.Select(s => (float)s.AnomalyScore!), "anomaly score");
        var forecast = filter.Forecast([StreamingModel.Future(row)], new ForecastOptions { Quantiles = [0.2, 0.7], Paths = paths })[0];
        Assert.AreEqual(row.Length, forecast.Step);
        Same(batch.Forecast!, forecast.Mean, "forecast");
        Same(batch.ForecastQuantiles!, forecast.Quantiles.SelectMany(q => q), "quantiles");
        Same(batch.ForecastPaths!, forecast.Paths, "paths");
        // Asked again, and after it the filter goes on as if nobody had asked.
        CollectionAssert.AreEqual(forecast.Paths.ToArray(),
            filter.Forecast([StreamingModel.Future(row)], new ForecastOptions { Paths = paths })[0].Paths.ToArray(), place);

        void Same(IReadOnlyList<float> expected, IEnumerable<float> found, string what)
        {
            float[] values = [.. found];
            Assert.AreEqual(expected.Count, values.Length, $"{place}: {what}");
            for (int i = 0; i < values.Length; i++)
                if (tolerance == 0 || float.IsNaN(expected[i]))
                    Assert.AreEqual(expected[i], values[i], $"{place}: {what} {i}");
                else
                    Assert.AreEqual(expected[i], values[i], tolerance * Math.Max(1, Math.Abs(expected[i])), $"{place}: {what} {i}");
        }
    }
}
