using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class TailProbabilityTests
{
    /// <summary>P(χ² ≥ the squared distance) of the last step given those before it, from the dense joint Gaussian; of at most two dimensions.</summary>
    internal static double Exact(LinearGaussianSystem system, double[][] values, bool[][] observed)
    {
        int last = values.Length - 1;
        int[] seen = KalmanOracle.Seen(system.ObservationSize, observed[last]);
        if (seen.Length == 0)
            return double.NaN;
        bool[][] before = [.. observed[..last], new bool[system.ObservationSize]];
        var (_, latents, covariances) = new DenseGaussianOracle(system, values.Length).Condition(values, before);
        int size = system.LatentSize;
        int[] entries = [.. Enumerable.Range(last * size, size)];
        double[,] emission = LinearAlgebra.Select(system.Emission, seen, [.. Enumerable.Range(0, size)]);
        double[] mean = LinearAlgebra.Multiply(emission, latents[(last * size)..]);
        double[,] spread = LinearAlgebra.Add(LinearAlgebra.Sandwich(emission, LinearAlgebra.Select(covariances, entries, entries)),
            LinearAlgebra.Select(system.EmissionCovariance, seen, seen));
        double[] error = [.. seen.Select((d, i) => values[last][d] - mean[i] - system.EmissionOffset[d])];
        double distance = spread.GetLength(0) == 1 ? error[0] * error[0] / spread[0, 0]
            : (error[0] * error[0] * spread[1, 1] - 2 * error[0] * error[1] * spread[0, 1] + error[1] * error[1] * spread[0, 0])
                / (spread[0, 0] * spread[1, 1] - spread[0, 1] * spread[1, 0]);
        // One degree of freedom: the two tails of a normal number; two: an exponential number.
        return seen.Length == 2 ? Math.Exp(-distance / 2) : 1 - tensor(Math.Sqrt(distance / 2), ScalarType.Float64).erf().item<double>();
    }

    [TestMethod]
    public void OfAGaussianInClosedForm()
    {
        using var scope = NewDisposeScope();
        // P(|N| ≥ 1.959964) = 0.05, P(χ²_2 ≥ 2 ln 20) = 0.05, P(χ²_3 ≥ 7.814728) = 0.05.
        double[] u = Numbers(TailProbability.OfGaussian(tensor(new[] { 3.841459, 2 * Math.Log(20), 7.814728, 0, 400, 5 }), tensor(new double[] { 1, 2, 3, 2, 2, 0 })));
        for (int i = 0; i < 3; i++)
            Assert.AreEqual(0.05, u[i], 1e-7);
        Assert.AreEqual(1, u[3]);
        Assert.AreEqual(1, u[4] / Math.Exp(-200), 1e-9);
        Assert.IsTrue(double.IsNaN(u[5]));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void OfDrawsByRankAndBeyondThemByTheirTail(int dimensions)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var draws = -0.5 * randn([2000, 256, dimensions], ScalarType.Float64, generator: generator).square().sum(-1);
        var distances = tensor(new[] { 0.3, 1, 3, 20, 60 });
        foreach (double distance in distances.data<double>().ToArray())
        {
            var u = TailProbability.OfDraws(draws, full([2000], -0.5 * distance, ScalarType.Float64));
            double exact = special.gammaincc(tensor(dimensions / 2.0, ScalarType.Float64), tensor(distance / 2, ScalarType.Float64)).item<double>();
            double typical = Numbers(u).Order().ElementAt(1000);
            // In the middle a rank; at 1e-13 an extrapolation, right by orders of magnitude.
            Assert.AreEqual(1, distance < 10 ? typical / exact : Math.Log(typical) / Math.Log(exact), distance < 10 ? 0.05 : 0.25, $"{typical} for {exact}");
        }
    }

    [TestMethod]
    public void EqualPointsCountAsEqual()
    {
        using var scope = NewDisposeScope();
        var draws = tensor(new[] { -1.0, -1, -1, -5, -1, -1, -1, -1 }).unsqueeze(0);
        double[] u = Numbers(cat([TailProbability.OfDraws(draws, tensor(new[] { -1.0 })), TailProbability.OfDraws(draws, tensor(new[] { -1.0 - 1e-9 }))]));
        CollectionAssert.AreEqual(new[] { 1.0, 1.0 }, u);
    }

    [TestMethod]
    public void UnderTheTrueModelTheyAreUniform()
    {
        using var scope = NewDisposeScope();
        var model = LinearGaussianCase.Make(type: ScalarType.Float32);
        using var networks = LinearGaussianCase.Networks(model);
        var sequences = RandomSequences.Of(LinearGaussianCase.Oracle(model.Parameters()), count: 60, steps: 20, missing: 0.2, seed: 3);
        var scores = new SequenceScorer(networks, new ScoringOptions(), CPU).Score(sequences, ScoreOutputs.AnomalyScore);
        double[] u = [.. scores.SelectMany(s => s.AnomalyScore!).Where(v => !float.IsNaN(v)).Select(v => (double)v)];
        Assert.IsTrue(u.Length > 1000);
        Kolmogorov.AssertUniform(u, "closed form");
        // Among particles only the draws are left to compare with; a rank has steps of 1/129.
        var particles = new SequenceScorer(networks, new ScoringOptions { Filter = FilterMethod.Particle }, CPU).Score(sequences[..30], ScoreOutputs.AnomalyScore);
        Kolmogorov.AssertUniform([.. particles.SelectMany(s => s.AnomalyScore!).Where(v => !float.IsNaN(v)).Select(v => (double)v)], "particles");
    }

    [TestMethod]
    public void ParticlesComeToTheClosedForm()
    {
        using var scope = NewDisposeScope();
        var model = LinearGaussianCase.Make(type: ScalarType.Float32);
        using var networks = LinearGaussianCase.Networks(model);
        var sequences = RandomSequences.Of(LinearGaussianCase.Oracle(model.Parameters()), count: 4, steps: 6, missing: 0.2, seed: 4);
        var exact = new SequenceScorer(networks, new ScoringOptions(), CPU).Score(sequences, ScoreOutputs.AnomalyScore);
        var drawn = new SequenceScorer(networks, new ScoringOptions { Filter = FilterMethod.Particle, Particles = 32_768 }, CPU).Score(sequences, ScoreOutputs.AnomalyScore);
        double worst = 0, sum = 0;
        foreach (var (a, b) in exact.SelectMany(s => s.AnomalyScore!).Zip(drawn.SelectMany(s => s.AnomalyScore!)))
        {
            Assert.AreEqual(float.IsNaN(a), float.IsNaN(b));
            (worst, sum) = float.IsNaN(a) ? (worst, sum) : (Math.Max(worst, Math.Abs(a - b)), sum + Math.Abs(a - b));
        }
        // 1408 draws: a standard deviation of at most 0.013; 1408 components: of two numbers u goes with the density itself, and that
        // is known to about a tenth.
        Assert.IsTrue(worst < 0.18 && sum / 24 < 0.04, $"at most {worst:f3}, {sum / 24:f4} on average");
    }

    [TestMethod]
    public void TheirCostIsLinearInTheParticles()
    {
        for (int particles = 256; particles < 1_000_000; particles += particles / 3)
        {
            long densities = (long)PredictiveTail.Components(particles) * PredictiveTail.Draws(particles);
            Assert.IsTrue(densities > 16L * particles && densities <= 64L * particles, $"{densities} densities a step, {particles} particles");
        }
    }

    [TestMethod]
    [DataRow(FilterMethod.Auto)]
    [DataRow(FilterMethod.Particle)]
    public void AnOutlierGetsATinyOne(FilterMethod filter)
    {
        using var scope = NewDisposeScope();
        var model = LinearGaussianCase.Make(type: ScalarType.Float32);
        using var networks = LinearGaussianCase.Networks(model);
        var sound = RandomSequences.Of(LinearGaussianCase.Oracle(model.Parameters()), count: 1, steps: 12, missing: 0, seed: 5)[0];
        float[] values = sound.Observations.ToArray();
        values[2 * 6] += 25;
        var scorer = new SequenceScorer(networks, new ScoringOptions { Filter = filter }, CPU);
        var scores = scorer.Score([sound, new Sequence(2, values, id: sound.Id)], ScoreOutputs.AnomalyScore);
        CollectionAssert.AreEqual(scores[0].AnomalyScore![..6], scores[1].AnomalyScore![..6], "what comes before it does not see it");
        Assert.IsTrue(scores[0].AnomalyScore![6] > 1e-3 && scores[1].AnomalyScore![6] < 1e-6, $"{scores[0].AnomalyScore![6]} and {scores[1].AnomalyScore![6]}");
    }

    private static double[] Numbers(Tensor tensor) => tensor.data<double>().ToArray();
}
