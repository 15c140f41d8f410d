using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

/// <summary>A model in its own units says the same of the data as the model it was made of, whose parameters are in the data's.</summary>
[TestClass]
public class StandardisedScoringTests
{
    private static readonly ScoreOutputs All = Microsoft.ML.StateSpace.Trainers.ScoreColumns.Of(new ScoringOptions()).Aggregate(ScoreOutputs.None, (all, column) => all | column.Output);
    private const int Horizon = 3;

    private static readonly double[] s_mean = [3, -20], s_deviation = [0.25, 16];

    private static readonly SequenceScaling s_scaling = new(new ColumnScale(s_mean, s_deviation), new ColumnScale([0.5, -2], [0.2, 3]), null);

    public static IEnumerable<object[]> Filters => [[FilterMethod.Auto], [FilterMethod.Particle], [FilterMethod.Unscented]];

    [TestMethod]
    [DynamicData(nameof(Filters))]
    public void FilterSmootherLikelihoodAndForecastAgree(FilterMethod filter)
    {
        using var scope = NewDisposeScope();
        using var inData = InDataUnits();
        using var inModel = InModelUnits();
        var sequences = Sequences();
        var options = new ScoringOptions { Horizon = Horizon, Filter = filter, Particles = 64 };
        SequenceScores[] expected = new SequenceScorer(inData, options, CPU).Score(sequences, All), actual = new SequenceScorer(inModel, options, CPU).Score(sequences, All);
        for (int i = 0; i < sequences.Count; i++)
            foreach (var column in ScoreColumns.Of(options))
                // The unscented filter's and the particles' weights amplify the last bits of what they read.
                AssertClose(column.Values(expected[i]), column.Values(actual[i]), filter == FilterMethod.Auto ? 2e-5 : 2e-3, $"{column.Name} of row {i}");
    }

    [TestMethod]
    public void QuantilesPathsAndSamplesAreInTheDatasUnits()
    {
        using var scope = NewDisposeScope();
        using var inData = InDataUnits();
        using var inModel = InModelUnits();
        var rows = Sequences().Select(s => new ForecastRow(s, null)).ToList();
        var options = new ForecastOptions { Quantiles = [0.05, 0.5, 0.8], Paths = 4 };
        var scoring = new ScoringOptions { Horizon = Horizon, Particles = 16 };
        foreach (var (a, b) in new SequenceForecaster(inData, options, scoring, CPU).Forecast(rows).Zip(new SequenceForecaster(inModel, options, scoring, CPU).Forecast(rows)))
        {
            AssertClose(a.Mean, b.Mean, 2e-5, "mean");
            for (int q = 0; q < 3; q++)
                AssertClose(a.Quantiles[q], b.Quantiles[q], 2e-5, $"quantile {q}");
            AssertClose(a.Paths, b.Paths, 1e-4, "paths");
            Assert.AreEqual(a.LogLikelihood, b.LogLikelihood, 1e-4 * Math.Abs(a.LogLikelihood));
        }
        // Other controls than the rows' own are scaled likewise.
        var plan = new SequenceInputs(2, [.. Enumerable.Range(0, 2 * Horizon).Select(k => k * 0.3f)]);
        List<ForecastRow> planned = [.. rows.Select(r => r with { Controls = plan })];
        foreach (var (a, b) in new SequenceForecaster(inData, options, scoring, CPU).Forecast(planned).Zip(new SequenceForecaster(inModel, options, scoring, CPU).Forecast(planned)))
            AssertClose(a.Mean, b.Mean, 2e-5, "planned mean");

        var prefix = new SamplePrefix("x", rows[0].Steps.Slice(0, 4), null);
        foreach (var (a, b) in Sample(inData, prefix).Zip(Sample(inModel, prefix)))
        {
            AssertClose(a.Observations, b.Observations, 1e-4, "sample");
            AssertClose(a.Latents, b.Latents, 1e-4, "latents");
            // What was observed is given back as it was, to the bit.
            CollectionAssert.AreEqual(a.Observations[..8], b.Observations[..8]);
        }
    }

    [TestMethod]
    public void BoundsAndParticleWeightsAreInTheDatasUnits()
    {
        using var scope = NewDisposeScope();
        using var inData = InDataUnits();
        using var inModel = InModelUnits();
        var sequences = Sequences();
        var (expected, traces) = Evaluate(inData, sequences);
        var (actual, inUnits) = Evaluate(inModel, sequences);
        foreach (var figures in new Func<BoundMetrics, BoundFigures>[] { m => m.Elbo, m => m.ImportanceSampled, m => m.Fivo, m => m.Filter!.LogLikelihood })
        {
            Assert.AreEqual(figures(expected).PerStep, figures(actual).PerStep, 1e-3);
            Assert.AreEqual(figures(expected).MeanOfPerStep, figures(actual).MeanOfPerStep, 1e-3);
        }
        Assert.IsTrue(traces.Any(t => t.Resampled.Contains(true)));
        foreach (var (a, b) in traces.Zip(inUnits))
        {
            CollectionAssert.AreEqual(a.Resampled, b.Resampled);
            AssertClose(a.LogWeights, b.LogWeights, 2e-3, "weights");
        }
    }

    /// <summary>The free energies of an iterative network before and after each iteration move by the Jacobian, too.</summary>
    [TestMethod]
    public void FreeEnergiesAreInTheDatasUnits()
    {
        var network = new IterativeInference { Iterations = 2, HiddenSize = 6 };
        var parts = new Microsoft.ML.StateSpace.Training.ModelParts(new DeepMarkovModel { LatentSize = 2 }, network, new(), new DataShape(2), ReadsMask: true);
        using var plain = parts.Create(4);
        using var scaled = (parts with { Scaling = s_scaling with { Controls = null } }).Create(4);
        var sequences = LinearGaussianCase.Sequences(missing: 0.3);
        // The same numbers seen by the networks: the scaled ones are given what the plain ones' are made of.
        var raw = sequences.Select(s => Raw(s, SequenceInputs.None)).ToList();
        var options = new EvaluationOptions { Particles = 5 };
        BoundMetrics a = new BoundEvaluator(plain, options, CPU).Evaluate(sequences), b = new BoundEvaluator(scaled, options, CPU).Evaluate(raw);
        double shift = raw.Average(s => s.Scaled(scaled.Scaling).LogJacobian() / s.ObservedSteps);
        for (int k = 0; k <= 2; k++)
            Assert.AreEqual(a.FreeEnergy![k] - shift, b.FreeEnergy![k], 1e-3);
    }

    private static (BoundMetrics Metrics, List<ParticleTrace> Traces) Evaluate(StateSpaceNetworks networks, List<Sequence> sequences)
    {
        List<ParticleTrace> traces = [];
        var metrics = new BoundEvaluator(networks, new EvaluationOptions { Particles = 8, FilterParticles = 8, Trace = traces.Add }, CPU).Evaluate(sequences);
        return (metrics, traces);
    }

    private static List<SampledSequence> Sample(StateSpaceNetworks networks, SamplePrefix prefix) =>
        [.. new Sampler(networks, new SampleOptions { Samples = 3, Length = 6, PrefixLength = 4 }, new ScoringOptions { Particles = 16 }, CPU).Continue([prefix])];

    // Numbers of the data's kind: the model's, 2 numbers a step, out of the model's units.
    private static List<Sequence> Sequences() => [.. LinearGaussianCase.Sequences(0.3, controls: 2, horizon: Horizon).Select(s => Raw(s,
        new SequenceInputs(2, [.. Enumerable.Range(0, s.Inputs.ControlSteps).SelectMany(t => s.Inputs.ControlsOf(t).ToArray())
            .Select((u, i) => (float)(u * s_scaling.Controls!.Deviation[i % 2] + s_scaling.Controls.Mean[i % 2]))])))];

    private static Sequence Raw(Sequence s, SequenceInputs inputs)
    {
        float[] values = [.. s.Observations];
        s_scaling.Restore(values, []);
        return new Sequence(2, values, [.. Enumerable.Range(0, values.Length).Select(i => s.IsObserved(i / 2, i % 2))], $"{s.Id}", inputs);
    }

    private static StateSpaceNetworks InModelUnits() => With(LinearGaussianCase.Make(diagonal: true, controls: 2, type: ScalarType.Float32), s_scaling);

    // x = μ + σ x′ and u = m + s u′: C = σ C′, d = σ d′ + μ, r = σ² r′, B = B′ / s, b = b′ − B m.
    private static StateSpaceNetworks InDataUnits()
    {
        var p = LinearGaussianCase.Parameters(diagonal: true, controls: 2);
        Tensor mean = tensor(s_mean), deviation = tensor(s_deviation);
        var control = p.Control! / tensor(s_scaling.Controls!.Deviation.ToArray());
        var module = LinearGaussianCase.Make(diagonal: true, controls: 2, type: ScalarType.Float32);
        module.Set((p with
        {
            Emission = p.Emission * deviation.unsqueeze(1),
            EmissionOffset = p.EmissionOffset * deviation + mean,
            EmissionVariance = p.EmissionVariance * deviation.square(),
            Control = control,
            TransitionOffset = p.TransitionOffset - control.matmul(tensor(s_scaling.Controls.Mean.ToArray())),
        }).To(ScalarType.Float32));
        return With(module, null);
    }

    private static StateSpaceNetworks With(LinearGaussianModule model, SequenceScaling? scaling)
    {
        var exact = new ExactInference();
        var initializer = new Microsoft.ML.StateSpace.Networks.Initializer(1);
        return new(model, exact.Create(model, false, initializer), exact.FilteringForm!.Create(model, false, initializer)) { Scaling = scaling };
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        for (int k = 0; k < expected.Length; k++)
            Assert.IsTrue(expected[k].Equals(actual[k]) || Math.Abs(expected[k] - actual[k]) <= tolerance * Math.Max(1, Math.Abs(expected[k])),
                $"{what}[{k}]: {expected[k]} and {actual[k]}");
    }
}
