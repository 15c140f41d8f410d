using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class GaussianScoringTests
{
    private const ScoreOutputs All = (ScoreOutputs)8191;
    private const int Horizon = 3;

    [TestMethod]
    public void ScoresOfALinearGaussianModelAreTheExactOnes()
    {
        using var scope = NewDisposeScope();
        var model = LinearGaussianCase.Make(type: ScalarType.Float32);
        using var networks = LinearGaussianCase.Networks(model);
        var sequences = LinearGaussianCase.Sequences(missing: 0.4);
        AssertExact(networks, new ScoringOptions { Horizon = Horizon }, sequences, LinearGaussianCase.Oracle(model.Parameters()));
    }

    [TestMethod]
    public void AnUnscentedFilterOfADeepMarkovModelWithLinearMapsIsTheKalmanFilter()
    {
        using var scope = NewDisposeScope();
        var parameters = LinearGaussianCase.Parameters(diagonal: true);
        var oracle = LinearGaussianCase.Oracle(parameters);
        using var networks = LinearDmm(parameters);
        AssertExact(networks, new ScoringOptions { Horizon = Horizon, Filter = FilterMethod.Unscented }, LinearGaussianCase.Sequences(missing: 0.4), oracle);
    }

    [TestMethod]
    public void UnscentedForecastsOfALinearModelFollowTheControls()
    {
        using var scope = NewDisposeScope();
        var sequences = LinearGaussianCase.Sequences(missing: 0.3, controls: 2, horizon: Horizon);
        using var networks = LinearGaussianCase.Networks(LinearGaussianCase.Make(diagonal: true, controls: 2, type: ScalarType.Float32));
        var exact = Scorer(networks, new ScoringOptions { Horizon = Horizon }).Score(sequences, All);
        var unscented = Scorer(networks, new ScoringOptions { Horizon = Horizon, Filter = FilterMethod.Unscented }).Score(sequences, All);
        foreach (var (a, b) in exact.Zip(unscented))
            AssertSame(a, b, 2e-4f);
        // A future control moves the forecast and nothing before it.
        var changed = sequences.Select(s =>
        {
            float[] controls = [.. Enumerable.Range(0, s.Inputs.ControlSteps).SelectMany(t => s.Inputs.ControlsOf(t).ToArray())];
            controls[s.Length * 2] += 1;
            return new Sequence(s.ObservationSize, s.Observations, id: s.Id, inputs: new SequenceInputs(2, controls));
        }).ToList();
        var moved = Scorer(networks, new ScoringOptions { Horizon = Horizon }).Score(changed, All);
        foreach (var (a, b) in exact.Zip(moved))
        {
            CollectionAssert.AreEqual(a.FilteredMean, b.FilteredMean);
            Assert.IsTrue(Math.Abs(a.Forecast![0] - b.Forecast![0]) > 1e-3);
        }
    }

    [TestMethod]
    [DataRow(FilterMethod.Auto, 0)]
    [DataRow(FilterMethod.Auto, 2)]
    [DataRow(FilterMethod.Unscented, 2)]
    public void ScoresDoNotChangeWithNeighbours(FilterMethod filter, int controls)
    {
        using var networks = LinearGaussianCase.Networks(LinearGaussianCase.Make(diagonal: true, controls: controls, type: ScalarType.Float32));
        var sequences = LinearGaussianCase.Sequences(missing: 0.3, controls: controls, horizon: Horizon);
        var scorer = Scorer(networks, new ScoringOptions { Horizon = Horizon, Filter = filter });
        var together = scorer.Score(sequences, All);
        for (int i = 0; i < sequences.Count; i++)
            AssertSame(together[i], scorer.Score([sequences[i]], All)[0], 1e-5f);
    }

    [TestMethod]
    public void TheGaussianHmmForecastsWithTheParametersOfTheStepsToCome()
    {
        using var scope = NewDisposeScope();
        double[] v = [1, 0.5, 0.2, 0.7, 2], w = [1, 0.9, -0.5, 1.1, 0.3], c = [1, 2, 0.5, 1, 3], r = [0.4, 0.3, 0.2, 0.5, 0.1];
        var options = new GaussianHmmModel { TransitionVariances = v, TransitionWeights = w, EmissionWeights = c, EmissionVariances = r };
        using var networks = LinearGaussianCase.Networks(new GaussianHmmModule(options, new DataShape(1), new Initializer(1)));
        float[] x = [0.5f, -1, 2];
        var scores = Scorer(networks, new ScoringOptions { Horizon = 4, ConfidenceLevel = 0.6826894921 }).Score([new Sequence(1, x)], All)[0];
        double mean = 0, variance = 0;
        for (int t = 0; t < 7; t++)
        {
            int k = Math.Min(t, 4);
            (mean, variance) = t == 0 ? (0, v[0]) : (w[k] * mean, w[k] * w[k] * variance + v[k]);
            double centre = c[k] * mean, spread = c[k] * c[k] * variance + r[k];
            if (t >= 3)
            {
                Assert.AreEqual(centre, scores.Forecast![t - 3], 1e-5);
                // One standard deviation on either side.
                Assert.AreEqual(centre - Math.Sqrt(spread), scores.ForecastLower![t - 3], 1e-4);
                Assert.AreEqual(centre + Math.Sqrt(spread), scores.ForecastUpper![t - 3], 1e-4);
                continue;
            }
            double gain = c[k] * variance / spread;
            Assert.AreEqual(-0.5 * ((x[t] - centre) * (x[t] - centre) / spread + Math.Log(2 * Math.PI * spread)), scores.LogLikelihood![t], 1e-5);
            (mean, variance) = (mean + gain * (x[t] - centre), (1 - gain * c[k]) * variance);
            Assert.AreEqual(mean, scores.FilteredMean![t], 1e-5);
        }
    }

    [TestMethod]
    public void ParticlesMayStillBeAskedFor()
    {
        using var networks = LinearGaussianCase.Networks(LinearGaussianCase.Make(type: ScalarType.Float32));
        var sequences = LinearGaussianCase.Sequences(missing: 0.2);
        var exact = Scorer(networks, new ScoringOptions()).Score(sequences, All);
        var particles = Scorer(networks, new ScoringOptions { Filter = FilterMethod.Particle, Particles = 4096, SmoothingSamples = 4096 }).Score(sequences, All);
        for (int i = 0; i < sequences.Count; i++)
        {
            Assert.AreEqual(exact[i].LogLikelihood!.Sum(), particles[i].LogLikelihood!.Sum(), 0.15);
            foreach (var (a, b) in exact[i].SmoothedMean!.Zip(particles[i].SmoothedMean!))
                Assert.AreEqual(a, b, 0.12);
            Assert.IsTrue(exact[i].EffectiveSampleSize!.All(e => e == 256));
        }
    }

    private static SequenceScorer Scorer(StateSpaceNetworks networks, ScoringOptions options) => new(networks, options, CPU);

    private static StateSpaceNetworks LinearDmm(StateSpace.LinearGaussian.LinearGaussianParameters p)
    {
        using var guard = no_grad();
        var options = new DeepMarkovModel
        {
            LatentSize = LinearGaussianCase.LatentSize,
            Transition = new LinearTransition(),
            Emission = new GaussianEmission { HiddenLayers = 0, VarianceDependsOnLatent = false },
        };
        var network = new StructuredInference { Direction = Direction.Forward, HiddenSize = 4 };
        var initializer = new Initializer(1);
        var model = options.Create(new DataShape(LinearGaussianCase.ObservationSize), initializer);
        void Set(string name, Tensor value) => model.named_parameters().Single(n => n.name == name).parameter.copy_(value);
        Set("initialMean", p.InitialMean);
        Set("initialLogVariance", p.InitialCovariance.diagonal().log());
        Set("transition.mean.weight", p.Transition);
        Set("transition.mean.bias", p.TransitionOffset);
        Set("transition.variance", (p.TransitionCovariance.diagonal() - 1e-6).expm1().log());
        Set("emission.mean.weight", p.Emission);
        Set("emission.mean.bias", p.EmissionOffset);
        Set("emission.commonLogVariance", p.EmissionVariance.log());
        return new(model, network.Create(model, true, initializer), null);
    }

    private static void AssertExact(StateSpaceNetworks networks, ScoringOptions options, List<Sequence> sequences, LinearGaussianSystem oracle)
    {
        const double Tolerance = 1e-4;
        var scores = Scorer(networks, options).Score(sequences, All);
        foreach (var (sequence, score) in sequences.Zip(scores))
        {
            var (values, observed) = LinearGaussianCase.Rows(sequence);
            var kalman = KalmanOracle.Run(oracle, values, observed);
            int size = oracle.LatentSize, steps = values.Length;
            for (int t = 0; t < steps; t++)
            {
                Assert.AreEqual(kalman.LogLikelihoods[t], score.LogLikelihood![t], Tolerance);
                for (int i = 0; i < size; i++)
                {
                    Assert.AreEqual(kalman.FilteredMeans[t][i], score.FilteredMean![t * size + i], Tolerance);
                    Assert.AreEqual(Math.Sqrt(kalman.FilteredCovariances[t][i, i]), score.FilteredStd![t * size + i], Tolerance);
                    Assert.AreEqual(kalman.SmoothedMeans[t][i], score.SmoothedMean![t * size + i], Tolerance);
                    Assert.AreEqual(Math.Sqrt(kalman.SmoothedCovariances[t][i, i]), score.SmoothedStd![t * size + i], Tolerance);
                }
            }
            AssertSequence(oracle, values, observed, score, Tolerance);
            double[][] later = [.. Enumerable.Repeat(new double[oracle.ObservationSize], Horizon)];
            bool[][] unseen = [.. Enumerable.Repeat(new bool[oracle.ObservationSize], Horizon)];
            var (_, mean, covariance) = new DenseGaussianOracle(oracle, steps + Horizon).Condition([.. values, .. later], [.. observed, .. unseen]);
            for (int h = 0; h < Horizon; h++)
            {
                int[] entries = [.. Enumerable.Range((steps + h) * size, size)];
                double[] x = LinearAlgebra.Add(LinearAlgebra.Multiply(oracle.Emission, [.. entries.Select(i => mean[i])]), oracle.EmissionOffset);
                double[,] p = LinearAlgebra.Add(LinearAlgebra.Sandwich(oracle.Emission, LinearAlgebra.Select(covariance, entries, entries)), oracle.EmissionCovariance);
                for (int d = 0; d < oracle.ObservationSize; d++)
                {
                    int k = h * oracle.ObservationSize + d;
                    // 1.6448536 standard deviations on either side hold 90 %.
                    Assert.AreEqual(x[d], score.Forecast![k], Tolerance);
                    Assert.AreEqual(x[d] - 1.6448536 * Math.Sqrt(p[d, d]), score.ForecastLower![k], Tolerance);
                    Assert.AreEqual(x[d] + 1.6448536 * Math.Sqrt(p[d, d]), score.ForecastUpper![k], Tolerance);
                }
            }
        }
    }

    // What a sequence as a whole says: its likelihood, how surprising each step is, and what is missing in it.
    private static void AssertSequence(LinearGaussianSystem oracle, double[][] values, bool[][] observed, SequenceScores score, double tolerance)
    {
        var (likelihood, latents, _) = new DenseGaussianOracle(oracle, values.Length).Condition(values, observed);
        Assert.AreEqual(likelihood, score.SequenceLogLikelihood!.Value, tolerance * values.Length);
        int size = oracle.LatentSize;
        for (int t = 0; t < values.Length; t++)
        {
            double[] expected = LinearAlgebra.Add(LinearAlgebra.Multiply(oracle.Emission, latents[(t * size)..((t + 1) * size)]), oracle.EmissionOffset);
            for (int d = 0; d < expected.Length; d++)
                Assert.AreEqual(observed[t][d] ? values[t][d] : expected[d], score.Imputed![t * expected.Length + d], tolerance);
            double tail = TailProbabilityTests.Exact(oracle, values[..(t + 1)], observed[..(t + 1)]);
            Assert.AreEqual(tail, score.AnomalyScore![t], tolerance);
        }
    }

    private static void AssertSame(SequenceScores expected, SequenceScores actual, float tolerance)
    {
        foreach (var column in ScoreColumns.Of(new ScoringOptions()))
            foreach (var (a, b) in column.Values(expected).Zip(column.Values(actual)))
                Assert.IsTrue(a.Equals(b) || Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a)), $"{column.Name}: {a} and {b}");
    }
}
