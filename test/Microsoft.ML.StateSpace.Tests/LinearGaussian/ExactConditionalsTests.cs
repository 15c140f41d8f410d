using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using static TorchSharp.torch;
using LinearGaussianSystem = Microsoft.ML.StateSpace.LinearGaussian.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

[TestClass]
public class ExactConditionalsTests
{
    /// <summary>p(x, z) / p(z | x) is p(x) wherever z is: the conditionals, the joint and the filter, each by its own way.</summary>
    [TestMethod]
    [DataRow(0.0, false)]
    [DataRow(0.5, false)]
    [DataRow(0.0, true)]
    [DataRow(0.5, true)]
    public void JointOverPosteriorIsTheEvidenceAtAnyLatent(double missing, bool perStep)
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing);
        var system = perStep ? Varying(example.System, example.Batch) : example.System;
        var evidence = KalmanFilter.Run(system, example.Batch).LogEvidence;
        var posterior = ExactConditionals.Smoothing(system, example.Batch);
        var latent = 3 * randn([5, example.Batch.PackedSteps, 2], ScalarType.Float64, generator: new Generator(1));
        var ratio = system.LogJoint(latent, example.Batch) - posterior.LogProbability(latent, example.Batch);
        OracleCase.AssertEqual(evidence.expand_as(ratio), ratio, 1e-9, "joint − posterior");
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.5)]
    public void SmoothingAgreesWithTheOracle(double missing)
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing);
        var posterior = ExactConditionals.Smoothing(example.System, example.Batch);
        foreach (var (b, t, _) in example.Places())
        {
            var kalman = example.Kalman(b);
            if (t == 0)
            {
                OracleCase.AssertEqual(kalman.SmoothedMeans[0], posterior.First.Mean[b], 1e-9, "mean");
                OracleCase.AssertEqual(kalman.SmoothedCovariances[0], posterior.First.Covariance.PerRow(example.Batch.Count)[b], 1e-9, "covariance");
                continue;
            }
            var (gain, offset, covariance) = kalman.PosteriorStep(t);
            long rows = example.Batch.Active[t];
            OracleCase.AssertEqual(gain, posterior[t].Matrix.PerRow(rows)[b], 1e-9, "gain");
            OracleCase.AssertEqual(offset, posterior[t].Offset[b], 1e-9, "offset");
            OracleCase.AssertEqual(covariance, posterior[t].Covariance.PerRow(rows)[b], 1e-9, "covariance");
        }
    }

    /// <summary>The fractions of the reference program.</summary>
    [TestMethod]
    public void FilteringGivesTheFractionsOfTheGaussianHmm()
    {
        using var scope = NewDisposeScope();
        double[] v = [1, 2, 3], r = [4, 5, 6];
        using var batch = SequenceBatch.Create([new Sequence(1, [3, 3, 3]), new Sequence(1, [4, 4, 4])], type: ScalarType.Float64);
        var proposal = ExactConditionals.Filtering(Scalar(_ => 1, t => v[t], _ => 1, t => r[t]), batch);
        var previous = tensor(new[] { 1.0, 2.0 }, [2, 1]);
        (double Mean0, double Mean1, double Variance)[] expected = [(3.0 / 5, 4.0 / 5, 4.0 / 5), (11.0 / 7, 18.0 / 7, 10.0 / 7), (5.0 / 3, 8.0 / 3, 2)];
        for (int t = 0; t < 3; t++)
        {
            var q = proposal.At(t, t == 0 ? null : previous).Marginals();
            OracleCase.AssertEqual(tensor(new[] { expected[t].Mean0, expected[t].Mean1 }, [2, 1]), q.Mean, 1e-14, $"mean of step {t}");
            OracleCase.AssertEqual(full([2, 1], expected[t].Variance, ScalarType.Float64), q.Variance, 1e-14, $"variance of step {t}");
        }
    }

    [TestMethod]
    public void TheGaussianHmmHasItsExpectedLikelihood()
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create([new Sequence(1, new float[10])], type: ScalarType.Float64);
        var predicted = KalmanFilter.Run(Scalar(_ => 1, _ => 0.1, _ => 1, _ => 0.1), batch).Predicted.Variances() + 0.1;
        Assert.AreEqual(-0.7326825, (-0.5 * ((2 * Math.PI * predicted).log() + 1)).mean().item<double>(), 5e-8);
    }

    [TestMethod]
    public void LatentsDrawnFromTheSmoothingConditionalsHaveTheSmoothedMoments()
    {
        using var scope = NewDisposeScope();
        const int particles = 40_000;
        var example = new OracleCase(missing: 0.3, count: 2, longest: 4);
        var posterior = ExactConditionals.Smoothing(example.System, example.Batch);
        var generator = new Generator(4);
        Tensor? z = null;
        for (int t = 0; t < example.Batch.Steps; t++)
        {
            long rows = example.Batch.Active[t];
            z = posterior.At(t, z?.narrow(1, 0, rows)).Sample(randn([particles, rows, 2], ScalarType.Float64, generator: generator));
        }
        var last = RtsSmoother.Run(KalmanFilter.Run(example.System, example.Batch)).States[example.Batch.Steps - 1];
        var error = (z!.mean([0]) - last.Mean).abs() / (last.Variance / particles).sqrt();
        Assert.IsTrue(error.max().item<double>() < 4.5);
        Assert.AreEqual(0, (z.var(0) / last.Variance - 1).abs().max().item<double>(), 5 * Math.Sqrt(2.0 / particles));
    }

    /// <summary>Scalar parameters of step t: z_t ~ N(w z, v), x_t ~ N(c z, r).</summary>
    private static LinearGaussianSystem Scalar(Func<int, double> w, Func<int, double> v, Func<int, double> c, Func<int, double> r)
    {
        Tensor Number(double value) => full([1, 1], value, ScalarType.Float64);
        var zero = zeros([1], ScalarType.Float64);
        return new(new(zero, Number(v(0))), t => new(Number(w(t)), zero, Number(v(t))), t => new(Number(c(t)), zero, Number(r(t))));
    }

    /// <summary>Matrices that change with time, and offsets and transitions that change with the row too.</summary>
    private static LinearGaussianSystem Varying(LinearGaussianSystem system, SequenceBatch batch)
    {
        var generator = new Generator(2);
        var offsets = randn([batch.PackedSteps, 2], ScalarType.Float64, generator: generator);
        var turns = 0.2 * randn([batch.PackedSteps, 2, 2], ScalarType.Float64, generator: generator);
        var (transition, emission) = (system.Transition(1), system.Emission(0));
        return system with
        {
            Transition = t => new(transition.Matrix + turns.narrow(0, batch.Offsets[t], batch.Active[t]), batch.Step(t).Of(offsets),
                transition.Covariance * (1 + 0.3 * t)),
            Emission = t => new(emission.Matrix * (1 - 0.1 * t), emission.Offset + t, emission.Covariance / (1 + t)),
        };
    }
}
