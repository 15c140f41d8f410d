using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;
using TorchSharp;
using static TorchSharp.torch;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

[TestClass]
public class SeasonalSystemTests
{
    [TestMethod]
    public void HarmonicsThatSeasonsShareCountOnce()
    {
        double[] found = SeasonalSystem.FrequenciesOf([4, 8], 4);
        // 1/4, 2/4 and 1/8, 2/8, 3/8, 4/8.
        CollectionAssert.AreEqual(new[] { 0.125, 0.25, 0.375, 0.5 }, found);
        CollectionAssert.AreEqual(new[] { 1 / 24.0, 2 / 24.0 }, SeasonalSystem.FrequenciesOf([24], 2));
        Assert.HasCount(0, SeasonalSystem.FrequenciesOf([], 3));
    }

    [TestMethod]
    public void APairReturnsAfterItsSeason()
    {
        using var scope = NewDisposeScope();
        var rotation = new SeasonalSystem(1, [1 / 6.0, 1 / 3.0]).Rotation();
        var power = rotation;
        for (int i = 1; i < 6; i++)
            power = power.matmul(rotation);
        Assert.IsLessThan(1e-12, (power - eye(4, dtype: ScalarType.Float64)).abs().max().item<double>());
        // (cos ωt, −sin ωt), as the start takes it.
        Assert.AreEqual(-Math.Sin(2 * Math.PI / 6), rotation.matmul(tensor(new double[] { 1, 0, 0, 0 }))[1].item<double>(), 1e-12);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.4)]
    public void WithoutASeasonAStepIsThatOfAnySystem(double missing)
    {
        using var scope = NewDisposeScope();
        var example = new SeasonalCase(missing);
        var start = SubspaceStart.Of(new SeasonalSystem(2, []), example.Sequences[0]);
        var statistics = LinearGaussianStatistics.Of(start, example.Batch);
        var expected = ExpectationMaximizationStep.Maximize(start, statistics);
        var found = new SeasonalSystem(2, []).Maximize(start, statistics);
        foreach (var (name, a, b) in new[]
        {
            ("A", expected.Transition, found.Transition), ("b", expected.TransitionOffset, found.TransitionOffset), ("Q", expected.TransitionCovariance, found.TransitionCovariance),
            ("C", expected.Emission, found.Emission), ("d", expected.EmissionOffset, found.EmissionOffset), ("r", expected.EmissionVariance, found.EmissionVariance),
        })
            Assert.IsLessThan(1e-10, (a - b).abs().max().item<double>(), name);
    }

    /// <summary>The start stays, so that every step is a maximum of its bound: the likelihood cannot fall.</summary>
    [TestMethod]
    [DataRow(0.0, false)]
    [DataRow(0.4, false)]
    [DataRow(0.4, true)]
    public void EveryIterationRaisesTheLikelihoodAndKeepsTheForm(double missing, bool controlled)
    {
        using var scope = NewDisposeScope();
        var system = new SeasonalSystem(2, [1 / 6.0, 1 / 3.0]);
        var example = new SeasonalCase(missing, controlled ? 2 : 0);
        var parameters = SubspaceStart.Of(system, example.Sequences[0]);
        var likelihoods = new List<double>();
        for (int i = 0; i < 15; i++)
        {
            var statistics = LinearGaussianStatistics.Of(parameters, example.Batch, SeasonalFit.ControlsOf(example.Batch));
            likelihoods.Add(statistics.LogLikelihood.item<double>());
            parameters = system.Maximize(parameters, statistics);
        }
        for (int i = 1; i < likelihoods.Count; i++)
            Assert.IsGreaterThanOrEqualTo(likelihoods[i - 1] - 1e-7, likelihoods[i], $"iteration {i}");
        Assert.IsGreaterThan(likelihoods[0] + 5, likelihoods[^1]);

        var season = parameters.Transition.narrow(0, 2, 4).narrow(1, 2, 4);
        Assert.AreEqual(0, (season - system.Rotation()).abs().max().item<double>());
        Assert.AreEqual(0, parameters.Transition.narrow(0, 0, 2).narrow(1, 2, 4).abs().max().item<double>());
        Assert.AreEqual(0, parameters.TransitionCovariance.narrow(0, 0, 2).narrow(1, 2, 4).abs().max().item<double>());
        double[] noise = parameters.TransitionCovariance.diagonal(0, 0, 1).narrow(0, 2, 4).data<double>().ToArray();
        Assert.AreEqual((noise[0], noise[2]), (noise[1], noise[3]), "isotropic by pair");
        if (controlled)
        {
            Assert.IsGreaterThan(1e-3, parameters.Control!.narrow(0, 0, 2).abs().max().item<double>());
            Assert.AreEqual(0, parameters.Control!.narrow(0, 2, 4).abs().max().item<double>());
        }
    }

    [TestMethod]
    public void ASequenceMayStartAtAnyStep()
    {
        using var scope = NewDisposeScope();
        var system = new SeasonalSystem(2, [1 / 6.0]);
        var example = new SeasonalCase(0);
        var parameters = SubspaceStart.Of(system, example.Sequences[0]);
        var found = system.StartingAnywhere(parameters, LinearGaussianStatistics.Of(parameters, example.Batch));
        var smoothed = RtsSmoother.Run(KalmanFilter.Run(parameters.System(example.Batch), example.Batch)).States;
        // All steps but each sequence's last.
        int[] places = [.. Enumerable.Range(0, example.Batch.Count).SelectMany(b => Enumerable.Range(0, example.Batch.Lengths[b] - 1).Select(t => (int)example.Batch.Offsets[t] + b))];
        var index = tensor(places.Select(p => (long)p).ToArray());
        var mean = smoothed.Means().index_select(0, index);
        var second = (mean.unsqueeze(2).matmul(mean.unsqueeze(1)) + smoothed.Covariances().index_select(0, index)).mean([0]);
        var centre = cat([mean.mean([0]).narrow(0, 0, 2), zeros([2], ScalarType.Float64)], 0);
        Assert.IsLessThan(1e-10, (found.InitialMean - centre).abs().max().item<double>());
        Assert.IsLessThan(1e-7, (found.InitialCovariance - (second - centre.unsqueeze(1).matmul(centre.unsqueeze(0)))).abs().max().item<double>());
    }

    /// <summary>Sequences of two seasonal and autocorrelated numbers.</summary>
    private sealed class SeasonalCase
    {
        public SeasonalCase(double missing, int controls = 0)
        {
            var random = new Random(9);
            Sequences = [.. Enumerable.Range(0, 4).Select(i => Make(random, 120 - 10 * i, missing, controls))];
            Batch = SequenceBatch.Create(Sequences, type: ScalarType.Float64);
        }

        public List<Sequence> Sequences { get; }

        public SequenceBatch Batch { get; }

        private static Sequence Make(Random random, int steps, double missing, int controls)
        {
            var values = new float[2 * steps];
            double state = 0;
            float[] inputs = [.. random.Normals(controls * steps).Select(v => (float)v)];
            for (int t = 0; t < steps; t++)
            {
                state = 0.8 * state + 0.5 * random.Normal() + (controls > 0 ? 0.5 * inputs[t * controls] : 0);
                double season = Math.Cos(2 * Math.PI * t / 6);
                values[2 * t] = (float)(state + season + 0.2 * random.Normal());
                values[2 * t + 1] = (float)(0.5 * state - 2 * season + 0.2 * random.Normal());
            }
            for (int i = 2; i < values.Length - 2; i++)
                if (random.NextDouble() < missing)
                    values[i] = float.NaN;
            return new Sequence(2, values, inputs: controls == 0 ? null : new SequenceInputs(controls, inputs));
        }
    }
}
