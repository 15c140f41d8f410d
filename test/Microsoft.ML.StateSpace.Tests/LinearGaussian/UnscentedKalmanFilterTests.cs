using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp.Modules;
using static TorchSharp.torch;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;
using FullGaussian = Microsoft.ML.StateSpace.LinearGaussian.FullGaussian;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

[TestClass]
public class UnscentedKalmanFilterTests
{
    [TestMethod]
    [DataRow(0.0, 1.0, 0.0)]
    [DataRow(0.5, 1.0, 0.0)]
    [DataRow(0.5, 0.5, 2.0)]
    public void IsTheKalmanFilterOfALinearSystem(double missing, double alpha, double beta)
    {
        using var scope = NewDisposeScope();
        var oracle = OracleSystem.TwoByThree() with
        {
            TransitionCovariance = new[,] { { 0.5, 0 }, { 0, 0.3 } },
            EmissionCovariance = new[,] { { 0.6, 0, 0 }, { 0, 0.9, 0 }, { 0, 0, 0.7 } },
        };
        var example = new OracleCase(missing, oracle: oracle);
        var system = example.System;
        DiagonalGaussian Map(AffineGaussian part, Tensor points) => new(part.At(points).Mean, part.Covariance.diagonal());
        var unscented = new NonlinearGaussianSystem(system.Initial, (t, z) => Map(system.Transition(t), z), (t, z) => Map(system.Emission(t), z));
        var expected = KalmanFilter.Run(system, example.Batch);
        var actual = UnscentedKalmanFilter.Run(unscented, example.Batch, new SigmaPoints { Alpha = alpha, Beta = beta });
        OracleCase.AssertEqual(expected.StepLogLikelihood, actual.StepLogLikelihood, 1e-10, "likelihood");
        OracleCase.AssertEqual(expected.Filtered.Means(), actual.Filtered.Means(), 1e-10, "means");
        OracleCase.AssertEqual(expected.Filtered.Covariances(), actual.Filtered.Covariances(), 1e-10, "covariances");
        var (exact, smoothed) = (RtsSmoother.Run(expected), RtsSmoother.Run(actual));
        OracleCase.AssertEqual(exact.States.Means(), smoothed.States.Means(), 1e-10, "smoothed means");
        OracleCase.AssertEqual(exact.States.Covariances(), smoothed.States.Covariances(), 1e-10, "smoothed covariances");
        OracleCase.AssertEqual(exact.LagOneCovariances(), smoothed.LagOneCovariances(), 1e-10, "lag one");
    }

    [TestMethod]
    public void ComesNearTheExactAnswerOnANonlinearSystem()
    {
        using var scope = NewDisposeScope();
        const int count = 50;
        var truth = SyntheticSystems.Get("synthetic10");
        var data = SyntheticSystems.Generate("synthetic10").Train;
        using var batch = SequenceBatch.Create([.. Enumerable.Range(0, count).Select(n =>
            new Sequence(1, [.. data.ObservationsOf(n).ToArray().Select(x => (float)x)]))], type: ScalarType.Float64);
        var filter = UnscentedKalmanFilter.Run(Synthetic10(truth), batch);
        var smoothed = batch.Pad(RtsSmoother.Run(filter).States.Means());
        var grid = new GridOracle(truth);
        double exactLikelihood = 0, exactError = 0, error = 0;
        for (int b = 0; b < count; b++)
        {
            int n = batch.Order[b];
            var (likelihoods, _, means) = grid.Run(data.ObservationsOf(n));
            double[] z = data.LatentsOf(n).ToArray(), unscented = smoothed[b].reshape(-1).data<double>().ToArray();
            exactLikelihood += likelihoods.Sum();
            exactError += means.Zip(z, (m, v) => (m - v) * (m - v)).Sum();
            error += unscented.Zip(z, (m, v) => (m - v) * (m - v)).Sum();
        }
        double steps = count * data.Steps, likelihood = filter.LogEvidence.sum().item<double>() / steps;
        // Measured: 0.031 nats per step below the exact filter, and 1.072 times its smoother's error.
        Assert.AreEqual(exactLikelihood / steps, likelihood, 0.05);
        Assert.IsTrue(Math.Sqrt(error / steps) < 1.1 * Math.Sqrt(exactError / steps));
        // No smoother beats the exact one by more than chance.
        Assert.IsTrue(Math.Sqrt(error / steps) > 0.98 * Math.Sqrt(exactError / steps));
    }

    [TestMethod]
    public void GradientsReachTheFunctions()
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(RandomSequences.Make(3, 2, 4, missing: 0.3), type: ScalarType.Float64);
        var weight = new Parameter(tensor(new[] { 0.5, 0.2, -0.3, 0.8 }, [2, 2]));
        var logNoise = new Parameter(tensor(new[] { 0.1, -0.2 }));
        var factor = new Parameter(tensor(new[] { 1.0, 0.4 }));
        var initial = new FullGaussian(zeros([2], ScalarType.Float64), eye(2, dtype: ScalarType.Float64));
        FiniteDifferences.AssertGradients([("weight", weight), ("log noise", logNoise), ("factor", factor)], () =>
        {
            var system = new NonlinearGaussianSystem(initial, (_, z) => new(z.matmul(weight).tanh() + z, (logNoise + 0.1 * z).exp()),
                (_, z) => new(factor * z, logNoise.exp()));
            var filter = UnscentedKalmanFilter.Run(system, batch);
            return filter.LogEvidence.sum() + RtsSmoother.Run(filter).States.Means().square().sum();
        });
    }

    [TestMethod]
    public void NoiseThatDependsOnTheStateCountsWithItsMean()
    {
        using var scope = NewDisposeScope();
        var one = ones([1, 1], ScalarType.Float64);
        using var batch = SequenceBatch.Create([new Sequence(1, [2f])], type: ScalarType.Float64);
        var system = new NonlinearGaussianSystem(new(tensor(new[] { 1.0 }), 4 * one), (_, z) => new(z, one), (_, z) => new(z, z.square()));
        // E[z²] = 1 + 4, so that x ~ N(1, 4 + 5).
        double expected = -0.5 * (1.0 / 9 + Math.Log(9) + Math.Log(2 * Math.PI));
        Assert.AreEqual(expected, UnscentedKalmanFilter.Run(system, batch).LogEvidence.item<double>(), 1e-12);
    }

    [TestMethod]
    public void PointsThatCannotBeAreNamed()
    {
        Assert.IsEmpty(new SigmaPoints().Validate());
        string[] faults = [.. new SigmaPoints { Alpha = 0, Beta = -1, Kappa = -2 }.Validate()];
        CollectionAssert.AreEqual(new[] { "Alpha is 0; it must be above 0 and at most 1.", "Beta is -1; it must be at least 0.",
            "Kappa is -2; it must be at least 0." }, faults);
    }

    private static NonlinearGaussianSystem Synthetic10(SyntheticSystem system)
    {
        Tensor Number(double value) => full([1, 1], value, ScalarType.Float64);
        return new(new(zeros([1], ScalarType.Float64), Number(system.InitialVariance)),
            (_, z) => new(2 * z.sin() + z, Number(system.TransitionVariance)),
            (_, z) => new(system.Emission[0, 0] * z, Number(system.ObservationVariance)));
    }
}
