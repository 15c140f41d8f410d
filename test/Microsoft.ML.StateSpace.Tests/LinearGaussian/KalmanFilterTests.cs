using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;
using LinearGaussianSystem = Microsoft.ML.StateSpace.LinearGaussian.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

[TestClass]
public class KalmanFilterTests
{
    private const double Tolerance = 1e-10;

    [TestMethod]
    [DataRow(0.0, true)]
    [DataRow(0.3, true)]
    [DataRow(0.7, true)]
    [DataRow(0.0, false)]
    [DataRow(0.3, false)]
    [DataRow(0.7, false)]
    public void FilterAndSmootherAgreeWithTheOracle(double missing, bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var example = new OracleCase(missing);
        var filter = KalmanFilter.Run(example.System, example.Batch);
        var smoothed = RtsSmoother.Run(filter);
        KalmanResult[] oracle = [.. Enumerable.Range(0, example.Batch.Count).Select(example.Kalman)];
        var (means, covariances) = (filter.Filtered.Means(), filter.Filtered.Covariances());
        var (smoothedMeans, smoothedCovariances) = (smoothed.States.Means(), smoothed.States.Covariances());
        var lagOne = smoothed.LagOneCovariances();
        foreach (var (b, t, place) in example.Places())
        {
            string name = $"row {b}, step {t}";
            Assert.AreEqual(oracle[b].LogLikelihoods[t], filter.StepLogLikelihood[place].item<double>(), Tolerance, name);
            OracleCase.AssertEqual(oracle[b].FilteredMeans[t], means[place], Tolerance, name);
            OracleCase.AssertEqual(oracle[b].FilteredCovariances[t], covariances[place], Tolerance, name);
            OracleCase.AssertEqual(oracle[b].SmoothedMeans[t], smoothedMeans[place], Tolerance, name);
            OracleCase.AssertEqual(oracle[b].SmoothedCovariances[t], smoothedCovariances[place], Tolerance, name);
            if (t > 0)
                OracleCase.AssertEqual(oracle[b].LagOneCovariances[t], lagOne[place - example.Batch.Count], Tolerance, name);
        }
    }

    [TestMethod]
    [DataRow(0.0, true)]
    [DataRow(0.4, true)]
    [DataRow(0.4, false)]
    public void DeletingADimensionIsMaskingIt(double missing, bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var example = new OracleCase(missing);
        // The last step has an observed value whatever is deleted, so that lengths stay.
        bool Observed(Sequence s, int t, int d) => d != 1 && (t == s.Length - 1 || s.IsObserved(t, d));
        Sequence With(Sequence s, int[] dimensions) => new(dimensions.Length,
            [.. from t in Enumerable.Range(0, s.Length) from d in dimensions select Observed(s, t, d) ? s.Observations[t * 3 + d] is var x && float.IsFinite(x) ? x : 0.5f : float.NaN]);
        using var masked = SequenceBatch.Create([.. example.Sequences.Select(s => With(s, [0, 1, 2]))], type: ScalarType.Float64);
        using var deleted = SequenceBatch.Create([.. example.Sequences.Select(s => With(s, [0, 2]))], type: ScalarType.Float64);
        var (kept, emission) = (tensor(new long[] { 0, 2 }), example.System.Emission(0));
        var less = LinearGaussianSystem.Constant(example.System.Initial, example.System.Transition(1), new AffineGaussian(
            emission.Matrix.index_select(0, kept), emission.Offset.index_select(0, kept), emission.Covariance.index_select(0, kept).index_select(1, kept)));
        var (a, b) = (KalmanFilter.Run(example.System, masked), KalmanFilter.Run(less, deleted));
        OracleCase.AssertEqual(b.StepLogLikelihood, a.StepLogLikelihood, Tolerance, "likelihood");
        OracleCase.AssertEqual(b.Filtered.Means(), a.Filtered.Means(), Tolerance, "filtered");
        OracleCase.AssertEqual(RtsSmoother.Run(b).States.Means(), RtsSmoother.Run(a).States.Means(), Tolerance, "smoothed");
    }

    [TestMethod]
    [DataRow(0.0, true)]
    [DataRow(0.5, true)]
    [DataRow(0.5, false)]
    public void AgreesWithTheDenseJointGaussian(double missing, bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var example = new OracleCase(missing);
        var filter = KalmanFilter.Run(example.System, example.Batch);
        var padded = example.Batch.Pad(RtsSmoother.Run(filter).States.Means());
        for (int b = 0; b < example.Batch.Count; b++)
        {
            var (values, observed) = example.Row(b);
            var (logLikelihood, mean, _) = new DenseGaussianOracle(example.Oracle, values.Length).Condition(values, observed);
            Assert.AreEqual(logLikelihood, filter.LogEvidence[b].item<double>(), Tolerance);
            OracleCase.AssertEqual(mean, padded[b].narrow(0, 0, values.Length).reshape(-1), Tolerance, $"row {b}");
        }
    }

    /// <summary>The published figures.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Synthetic9GivesTheGoldenNumbers(bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var train = SyntheticSystems.Generate("synthetic9").Train;
        using var batch = SequenceBatch.Create([.. Enumerable.Range(0, train.Sequences).Select(n =>
            new Sequence(1, [.. train.ObservationsOf(n).ToArray().Select(x => (float)x)]))], type: ScalarType.Float64);
        var filter = KalmanFilter.Run(OracleCase.SystemOf(Oracles.LinearGaussianSystem.Synthetic9()), batch);
        Assert.AreEqual(-3.07631277, filter.StepLogLikelihood.mean().item<double>(), 2e-8);
        // All have the same length, so that the rows keep their order.
        double[] latents = [.. Enumerable.Range(0, train.Sequences).SelectMany(n => train.LatentsOf(n).ToArray())];
        var smoothed = batch.Pad(RtsSmoother.Run(filter).States.Means()).reshape(-1);
        Assert.AreEqual(3.690351, (smoothed - tensor(latents)).square().mean().sqrt().item<double>(), 6e-7);
    }

    [TestMethod]
    public void SharedCovariancesAreThoseOfEveryRow()
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing: 0);
        var (shared, general) = (example.System, PerRow(example.System, example.Batch));
        var (a, b) = (KalmanFilter.Run(shared, example.Batch), KalmanFilter.Run(general, example.Batch));
        var (c, d) = (RtsSmoother.Run(a), RtsSmoother.Run(b));
        int steps = example.Batch.Steps;
        Assert.IsTrue(Enumerable.Range(0, steps).All(t => a.Filtered[t].Covariance.IsShared()));
        Assert.IsTrue(Enumerable.Range(0, steps).All(t => !b.Filtered[t].Covariance.IsShared()));
        OracleCase.AssertEqual(b.StepLogLikelihood, a.StepLogLikelihood, 1e-12, "likelihood");
        OracleCase.AssertEqual(b.Filtered.Means(), a.Filtered.Means(), 1e-12, "means");
        OracleCase.AssertEqual(b.Filtered.Covariances(), a.Filtered.Covariances(), 1e-12, "covariances");
        OracleCase.AssertEqual(b.Predicted.Variances(), a.Predicted.Variances(), 1e-12, "predicted variances");
        OracleCase.AssertEqual(d.States.Covariances(), c.States.Covariances(), 1e-12, "smoothed covariances");
        OracleCase.AssertEqual(d.LagOneCovariances(), c.LagOneCovariances(), 1e-12, "lag one");
        var (q, r) = (ExactConditionals.Smoothing(shared, example.Batch), ExactConditionals.Smoothing(general, example.Batch));
        for (int t = 1; t < steps; t++)
            OracleCase.AssertEqual(r[t].Matrix, q[t].Matrix.PerRow(example.Batch.Active[t]), 1e-12, "conditionals");
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.4)]
    public void GradientsReachEveryParameter(double missing)
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing, count: 4, longest: 4);
        var trained = new TrainedSystem(example.Oracle);
        FiniteDifferences.AssertGradients(trained.Parameters, () => KalmanFilter.Run(trained.System(), example.Batch).LogEvidence.sum());
        var weights = randn([example.Batch.PackedSteps, 2], ScalarType.Float64, generator: new Generator(3));
        FiniteDifferences.AssertGradients(trained.Parameters, () =>
        {
            var smoothed = RtsSmoother.Run(KalmanFilter.Run(trained.System(), example.Batch)).States;
            return (weights * smoothed.Means()).sum() + smoothed.Covariances().square().sum();
        });
        FiniteDifferences.AssertGradients(trained.Parameters,
            () => ExactConditionals.Smoothing(trained.System(), example.Batch).LogProbability(weights, example.Batch).sum());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void SinglePrecisionStaysNearDoubleOverLongSequences(bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var sequences = RandomSequences.Make(8, 3, 400, missing: 0.3);
        using var exact = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        using var single = SequenceBatch.Create(sequences);
        var system = OracleCase.SystemOf(Oracles.LinearGaussianSystem.TwoByThree());
        // Observations ten thousand times surer than the state: an update that subtracts would lose definiteness.
        var sure = system with { Emission = _ => system.Emission(0) with { Covariance = 1e-4 * system.Emission(0).Covariance } };
        var (a, b) = (KalmanFilter.Run(sure, exact), KalmanFilter.Run(To(sure, ScalarType.Float32), single));
        var relative = (a.LogEvidence - b.LogEvidence.to(ScalarType.Float64)).abs() / a.LogEvidence.abs();
        Assert.AreEqual(0, relative.max().item<double>(), 1e-3);
        Assert.IsTrue(linalg.eigvalsh(RtsSmoother.Run(b).States.Covariances()).min().item<float>() > 0);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TheCallersTensorsStayAlive(bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var example = new OracleCase(missing: 0.2);
        var system = example.System;
        FilteredStates filter;
        using (NewDisposeScope())
        {
            filter = KalmanFilter.Run(system, example.Batch);
            RtsSmoother.Run(filter);
            ExactConditionals.Smoothing(system, example.Batch);
        }
        Assert.IsFalse(system.Initial.Covariance.IsInvalid);
        Assert.IsFalse(system.Transition(1).Covariance.IsInvalid);
        Assert.IsTrue(filter.LogEvidence.IsInvalid);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AFaultNamesItsStep(bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var example = new OracleCase(missing: 0);
        var system = example.System;
        var broken = system with { Emission = t => t < 3 ? system.Emission(t) : system.Emission(t) with { Covariance = -10 * eye(3, dtype: ScalarType.Float64) } };
        var fault = Assert.ThrowsExactly<ArithmeticException>(() => KalmanFilter.Run(broken, example.Batch));
        StringAssert.Contains(fault.Message, "predicted covariance of the observation of step 3");
        using var other = SequenceBatch.Create(RandomSequences.Make(2, 2, 3), type: ScalarType.Float64);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => KalmanFilter.Run(system, other)).Message, "gives 3 numbers");
    }

    /// <summary>The same system with a copy of every parameter for every row.</summary>
    internal static LinearGaussianSystem PerRow(LinearGaussianSystem system, SequenceBatch batch)
    {
        AffineGaussian Spread(AffineGaussian part, long rows) => new(part.Matrix.PerRow(rows),
            part.Offset.expand(rows, part.Offset.shape[^1]), part.Covariance.PerRow(rows));
        return new(new(system.Initial.Mean.expand(batch.Count, system.Initial.Mean.shape[^1]), system.Initial.Covariance.PerRow(batch.Count)),
            t => Spread(system.Transition(t), batch.Active[t]), t => Spread(system.Emission(t), batch.Active[t]));
    }

    private static LinearGaussianSystem To(LinearGaussianSystem system, ScalarType type)
    {
        AffineGaussian Cast(AffineGaussian part) => new(part.Matrix.to(type), part.Offset.to(type), part.Covariance.to(type));
        return LinearGaussianSystem.Constant(new(system.Initial.Mean.to(type), system.Initial.Covariance.to(type)),
            Cast(system.Transition(1)), Cast(system.Emission(0)));
    }
}
