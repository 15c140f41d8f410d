using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static Microsoft.ML.StateSpace.Tests.Oracles.LinearAlgebra;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class ContinuousLinearGaussianTests
{
    private static readonly ScoreOutputs All = Microsoft.ML.StateSpace.Trainers.ScoreColumns.Of(new ScoringOptions()).Aggregate(ScoreOutputs.None, (all, column) => all | column.Output);

    [TestMethod]
    [DataRow(false, 0)]
    [DataRow(true, 0)]
    [DataRow(false, 2)]
    public void TheModelAndItsSystemAreOneDistribution(bool stable, int controls)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(ContinuousCase.Sequences(0.3, controls), type: ScalarType.Float64);
        LinearGaussianModelTests.AssertOneDistribution(ContinuousCase.Make(stable, controls), batch);
    }

    /// <summary>Every form of F is set and given back as it is.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheDriftIsWhatItWasSetTo(bool stable)
    {
        using var scope = NewDisposeScope();
        Assert.AreEqual(0, (ContinuousCase.Make(stable).Drift() - tensor(ContinuousCase.Drift)).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void EqualGapsAreTheDiscreteTimeModel()
    {
        using var scope = NewDisposeScope();
        const double Gap = 0.7;
        var discrete = LinearGaussianCase.Make(controls: 2);
        var parameters = LinearGaussianCase.Parameters(controls: 2, seed: 3) with
        {
            Transition = tensor(ContinuousCase.Exponential(ContinuousCase.Drift, Gap)),
            TransitionOffset = zeros([3], ScalarType.Float64),
            TransitionCovariance = tensor(ContinuousCase.Integral(ContinuousCase.Diffusion, Gap, bothSides: true)),
            Control = tensor(Multiply(ContinuousCase.Integral(Identity(3), Gap, bothSides: false), ContinuousCase.Control)),
        };
        discrete.Set(parameters);
        var sequences = ContinuousCase.Sequences(0.3, controls: 2).Select(s => new Sequence(2, Values(s), id: s.Id, inputs: new SequenceInputs(2,
            [.. Enumerable.Range(0, s.Steps + 3).SelectMany(t => s.Inputs.ControlsOf(t).ToArray())],
            [.. Enumerable.Range(0, s.Steps + 3).Select(t => 5 + Gap * t)]))).ToList();
        AssertSameScores(discrete, ContinuousCase.Make(controls: 2), sequences, 1e-5f);

        // All rows and steps share one matrix of every kind.
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        var steps = KalmanFilter.Run(ContinuousCase.Make().System(batch), batch).Transitions;
        Assert.IsTrue(steps.All(s => s.Matrix.dim() == 2 && s.Covariance.dim() == 2));
    }

    /// <summary>Of all the observed numbers together, with covariances C Φ(τ_i − τ_j) Cov(z_j) Cᵀ from quadrature.</summary>
    [TestMethod]
    public void TheLikelihoodIsThatOfTheDenseJointGaussian()
    {
        using var scope = NewDisposeScope();
        var sequences = ContinuousCase.Sequences(0.35, controls: 2);
        var module = ContinuousCase.Make(controls: 2);
        var p = LinearGaussianCase.Oracle(LinearGaussianCase.Parameters(seed: 3));
        foreach (var sequence in sequences)
        {
            using var batch = SequenceBatch.Create([sequence], type: ScalarType.Float64);
            double found = KalmanFilter.Run(module.System(batch), batch).LogEvidence.item<double>();
            Assert.AreEqual(DenseLogLikelihood(p, sequence), found, 1e-5);
        }
    }

    /// <summary>Chapman and Kolmogorov: a step at which nothing is observed divides a gap and changes nothing.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AStepWithoutObservationsChangesNothing(bool stable)
    {
        using var scope = NewDisposeScope();
        float[] u = [0.3f, -0.6f, 0.5f, 0.9f], x = [0.4f, -1, 0.2f, 0.7f];
        var whole = new Sequence(2, x, id: "x", inputs: new SequenceInputs(2, [.. u, .. u[..2]], [1, 4.5, 6]));
        var divided = new Sequence(2, [x[0], x[1], float.NaN, float.NaN, float.NaN, float.NaN, x[2], x[3]], id: "x",
            inputs: new SequenceInputs(2, [u[0], u[1], u[2], u[3], u[2], u[3], u[2], u[3], .. u[..2]], [1, 1.1, 3.7, 4.5, 6]));
        using var networks = LinearGaussianCase.Networks(ContinuousCase.Make(stable, controls: 2, ScalarType.Float32));
        var scorer = new SequenceScorer(networks, new ScoringOptions(), CPU);
        var (one, three) = (scorer.Score([whole], All)[0], scorer.Score([divided], All)[0]);
        Assert.AreEqual(one.LogLikelihood!.Sum(), three.LogLikelihood!.Sum(), 1e-5);
        Close(one.FilteredMean![3..], three.FilteredMean![9..]);
        Close(one.FilteredStd![3..], three.FilteredStd![9..]);
        Close(one.SmoothedMean![..3], three.SmoothedMean![..3]);
        Close(one.SmoothedStd![..3], three.SmoothedStd![..3]);
        Close(one.Forecast!, three.Forecast!);
        Close(one.ForecastUpper!, three.ForecastUpper!);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TheLikelihoodsGradientAgreesWithFiniteDifferences(bool stable)
    {
        using var scope = NewDisposeScope();
        var module = ContinuousCase.Make(stable, controls: 2);
        using var batch = SequenceBatch.Create(ContinuousCase.Sequences(0.3, controls: 2, scale: 2), type: ScalarType.Float64);
        FiniteDifferences.AssertGradients(module.named_parameters(), () => KalmanFilter.Run(module.System(batch), batch).LogEvidence.sum());
    }

    /// <summary>Steps at the same time, and steps ages apart, in one batch.</summary>
    [TestMethod]
    public void GapsOfAnySizeAreScored()
    {
        using var networks = LinearGaussianCase.Networks(ContinuousCase.Make(stable: true, type: ScalarType.Float32));
        var sequence = new Sequence(2, [0.1f, 0.2f, 0.3f, -0.4f, 1, 1, 0.5f, float.NaN], id: "x", inputs: new SequenceInputs(0, default, [0, 0, 1e7, 1e7 + 1e-3]));
        var scorer = new SequenceScorer(networks, new ScoringOptions { Horizon = 2 }, CPU);
        var scores = scorer.Score([sequence, .. ContinuousCase.Sequences(0.2)], All)[0];
        Assert.AreEqual(ScoreOutputs.None, scores.NotFinite);
        var particles = new SequenceScorer(networks, new ScoringOptions { Horizon = 2, Filter = FilterMethod.Particle, Particles = 4096 }, CPU).Score([sequence], All)[0];
        Assert.AreEqual(scores.LogLikelihood!.Sum(), particles.LogLikelihood!.Sum(), 0.05);
        Assert.AreEqual(scores.Forecast![0], particles.Forecast![0], 0.1);
    }

    [TestMethod]
    public void NeighboursAndOtherGapsChangeNoScore()
    {
        using var networks = LinearGaussianCase.Networks(ContinuousCase.Make(controls: 2, type: ScalarType.Float32));
        var sequences = ContinuousCase.Sequences(0.3, controls: 2);
        var scorer = new SequenceScorer(networks, new ScoringOptions { Horizon = 3 }, CPU);
        var together = scorer.Score(sequences, All);
        for (int i = 0; i < sequences.Count; i++)
        {
            var alone = scorer.Score([sequences[i]], All)[0];
            Close(alone.SmoothedMean!, together[i].SmoothedMean!);
            Close(alone.Forecast!, together[i].Forecast!);
            Close(alone.LogLikelihood!, together[i].LogLikelihood!);
        }
    }

    private static double DenseLogLikelihood(Oracles.LinearGaussianSystem p, Sequence sequence)
    {
        int steps = sequence.Length;
        double[] times = sequence.Inputs.Times!;
        var means = new double[steps][];
        var covariances = new double[steps][,];
        for (int t = 0; t < steps; t++)
        {
            double gap = t == 0 ? 0 : times[t] - times[t - 1];
            double[] control = [.. sequence.Inputs.ControlsOf(t).ToArray().Select(u => (double)u)];
            var move = ContinuousCase.Exponential(ContinuousCase.Drift, gap);
            means[t] = t == 0 ? p.InitialMean : Add(Multiply(move, means[t - 1]),
                Multiply(ContinuousCase.Integral(Identity(3), gap, bothSides: false), Multiply(ContinuousCase.Control, control)));
            covariances[t] = t == 0 ? p.InitialCovariance
                : Add(Sandwich(move, covariances[t - 1]), ContinuousCase.Integral(ContinuousCase.Diffusion, gap, bothSides: true));
        }
        var seen = Enumerable.Range(0, steps * 2).Where(i => sequence.IsObserved(i / 2, i % 2)).ToArray();
        var covariance = new double[seen.Length, seen.Length];
        double[] error = [.. seen.Select(i => sequence.Observations[i] - Multiply(p.Emission, means[i / 2])[i % 2] - p.EmissionOffset[i % 2])];
        for (int a = 0; a < seen.Length; a++)
            for (int b = 0; b <= a; b++)
            {
                int late = seen[a] / 2, early = seen[b] / 2;
                var cross = Multiply(ContinuousCase.Exponential(ContinuousCase.Drift, times[late] - times[early]), covariances[early]);
                var block = Multiply(Multiply(p.Emission, cross), Transpose(p.Emission));
                covariance[a, b] = covariance[b, a] = block[seen[a] % 2, seen[b] % 2] + (a == b ? p.EmissionCovariance[seen[a] % 2, seen[a] % 2] : 0);
            }
        return LogDensity(error, covariance);
    }

    private static void AssertSameScores(GenerativeModule a, GenerativeModule b, List<Sequence> sequences, float tolerance)
    {
        using var one = LinearGaussianCase.Networks((GenerativeModule)a.to(ScalarType.Float32));
        using var other = LinearGaussianCase.Networks((GenerativeModule)b.to(ScalarType.Float32));
        SequenceScores[] Score(StateSpaceNetworks networks) => new SequenceScorer(networks, new ScoringOptions { Horizon = 3 }, CPU).Score(sequences, All);
        foreach (var (x, y) in Score(one).Zip(Score(other)))
            foreach (var column in Microsoft.ML.StateSpace.Trainers.ScoreColumns.Of(new ScoringOptions()))
                Close(column.Values(x), column.Values(y), tolerance);
    }

    private static float[] Values(Sequence s) => [.. Enumerable.Range(0, s.Observations.Length).Select(i => s.IsObserved(i / 2, i % 2) ? s.Observations[i] : float.NaN)];

    private static void Close(float[] expected, float[] actual, float tolerance = 1e-5f)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        foreach (var (a, b) in expected.Zip(actual))
            Assert.AreEqual(a, b, float.IsNaN(a) ? 0 : tolerance * Math.Max(1, Math.Abs(a)));
    }
}
