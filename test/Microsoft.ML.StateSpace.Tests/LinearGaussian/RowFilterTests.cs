using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.LinearGaussian.Rows;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;
using LinearGaussianSystem = Microsoft.ML.StateSpace.LinearGaussian.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

/// <summary>The filter and smoother in plain numbers against the one of tensors, which is differentiable and the reference.</summary>
[TestClass]
public class RowFilterTests
{
    private const double Tolerance = 1e-10;

    private static readonly Dictionary<string, Func<(List<Sequence> Sequences, Func<SequenceBatch, LinearGaussianSystem> System)>> s_cases = new()
    {
        ["shared"] = () => Drawn(2, 3, 0),
        ["gaps"] = () => Drawn(2, 3, 0.3),
        ["mostly missing"] = () => Drawn(4, 8, 0.8),
        ["scalar"] = () => Drawn(1, 1, 0.2),
        ["more latent than observed"] = () => Drawn(9, 2, 0.3),
        ["whole vectors"] = () => Drawn(8, 16, 0.1),
        // More updates than are kept for the steps to come.
        ["many gaps"] = () => Drawn(20, 60, 0.3, count: 35, longest: 40),
        ["matrices of every row's own"] = () => Drawn(3, 5, 0.2, (system, batch) => KalmanFilterTests.PerRow(system, batch)),
        ["rows that differ"] = () => Drawn(3, 5, 0.2, Differing),
        ["controls"] = () => (LinearGaussianCase.Sequences(0.3, controls: 2), batch => ((ILinearGaussian)LinearGaussianCase.Make(controls: 2)).System(batch)),
        ["irregular times and controls"] = () => (ContinuousCase.Sequences(0.3, controls: 2), batch => ContinuousCase.Make(controls: 2).System(batch)),
        ["long"] = () => Drawn(4, 8, 0, count: 5, longest: 600),
    };

    public static IEnumerable<object[]> Cases => s_cases.Keys.Select(name => new object[] { name });

    // Of those in which a row's matrices are not chosen by its number in the batch.
    public static IEnumerable<object[]> CasesByRow => s_cases.Keys.Where(name => name != "rows that differ").Select(name => new object[] { name });

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public void WhatItFindsIsFreedWithTheScopeThatItWasAskedIn(ScalarType type)
    {
        using var outer = NewDisposeScope();
        using var guard = no_grad();
        var (sequences, systemOf) = s_cases["gaps"]();
        using var batch = SequenceBatch.Create(sequences, type: type);
        int before = outer.DisposablesCount;
        using (NewDisposeScope())
        {
            var filtered = KalmanFilter.Run(systemOf(batch), batch);
            var smoothed = RtsSmoother.Run(filtered);
            Assert.IsNotNull(filtered.Rows);
            Assert.IsTrue(smoothed.States.Means().isfinite().all().item<bool>());
            _ = (filtered.Predicted.Means(), filtered.Filtered.Covariances(), smoothed.States.Last(), smoothed.LagOneCovariances());
        }
        Assert.AreEqual(before, outer.DisposablesCount);
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void AgreesWithTheTensors(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (sequences, systemOf) = s_cases[name]();
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        var system = systemOf(batch);
        var (plain, fast) = (KalmanFilter.Run(GaussianRecursion.Of(system), batch), KalmanFilter.Run(system, batch));
        Assert.IsNull(plain.Rows);
        Assert.IsNotNull(fast.Rows);
        AssertSame(plain.StepLogLikelihood, fast.StepLogLikelihood, "likelihood");
        AssertSame(plain.LogEvidence, fast.LogEvidence, "evidence");
        AssertSame(plain.SquaredDistance!, fast.SquaredDistance!, "distance");
        AssertSame(plain.Predicted, fast.Predicted, batch, "predicted");
        AssertSame(plain.Filtered, fast.Filtered, batch, "filtered");
        var (expected, found) = (RtsSmoother.Run(plain), RtsSmoother.Run(fast));
        AssertSame(expected.States, found.States, batch, "smoothed");
        AssertSame(expected.LagOneCovariances(), found.LagOneCovariances(), "lag one");
        AssertSame(expected.LagOneSum(), found.LagOneSum(), "sum of lag one");
        for (int t = 1; t < batch.Steps; t++)
        {
            AssertSame(expected.LagOne[t - 1].PerRow(batch.Active[t]), found.LagOne[t - 1].PerRow(batch.Active[t]), $"lag one of step {t}");
            AssertSame(plain.Transitions[t - 1].Marginal(plain.Filtered[t - 1].First(batch.Active[t])).Mean,
                fast.Transitions[t - 1].Marginal(fast.Filtered[t - 1].First(batch.Active[t])).Mean, $"transition into step {t}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(CasesByRow))]
    public void ARowHasTheSameBitsAloneAndStepByStep(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (sequences, systemOf) = s_cases[name]();
        // The matrix exponentials of a batch's gaps are found together, which changes their last bits.
        double tolerance = name == "irregular times and controls" ? 1e-13 : 0;
        var together = ByRow(sequences, systemOf);
        foreach (var sequence in sequences.Take(8))
        {
            var alone = ByRow([sequence], systemOf)[sequence.Id!];
            foreach (var (expected, found) in together[sequence.Id!].Zip(alone))
                AssertSame(expected, found, tolerance, sequence.Id!);
            AssertSame(together[sequence.Id!][0], Streamed(sequence, systemOf), tolerance, $"{sequence.Id} step by step");
        }
        foreach (var (id, values) in ByRow([.. sequences.AsEnumerable().Reverse()], systemOf))
            foreach (var (expected, found) in together[id].Zip(values))
                AssertSame(expected, found, tolerance, id);
    }

    [TestMethod]
    public void ACovarianceAtItsFixedPointIsComputedOnce()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (sequences, systemOf) = Drawn(4, 8, 0, count: 3, longest: 5000);
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        var filter = KalmanFilter.Run(systemOf(batch), batch);
        Assert.IsTrue(filter.Rows!.Covariances.Count < 1000, $"{filter.Rows.Covariances.Count} distinct covariances");
    }

    [TestMethod]
    public void SinglePrecisionIsThatOfDoubleRounded()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (sequences, systemOf) = Drawn(3, 5, 0.3);
        using var exact = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        using var single = SequenceBatch.Create(sequences);
        var (expected, found) = (KalmanFilter.Run(systemOf(exact), exact), KalmanFilter.Run(systemOf(single), single));
        var (a, b) = (RtsSmoother.Run(expected).States, RtsSmoother.Run(found).States);
        foreach (var (wide, narrow) in new[] { (expected.StepLogLikelihood, found.StepLogLikelihood), (a.Means(), b.Means()), (a.Covariances(), b.Covariances()) })
        {
            Assert.AreEqual(ScalarType.Float32, narrow.dtype);
            Assert.IsTrue(wide.to(ScalarType.Float32).equal(narrow).all().item<bool>());
        }
    }

    [TestMethod]
    public void GradientsAndLargeSystemsTakeTheTensors()
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing: 0.2);
        Assert.IsNull(KalmanFilter.Run(example.System, example.Batch).Rows);
        using var guard = no_grad();
        Assert.IsNotNull(KalmanFilter.Run(example.System, example.Batch).Rows);
        var (sequences, systemOf) = Drawn(33, 2, 0, count: 2, longest: 3);
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        Assert.IsNull(KalmanFilter.Run(systemOf(batch), batch).Rows);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void ASmootherNamesTheStepOfAFault(bool gradients)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var example = new OracleCase(missing: 0);
        var system = example.System;
        // Nothing moves the state into step 2: its predicted covariance is 0, which observing does not mind.
        var still = new AffineGaussian(zeros([2, 2], ScalarType.Float64), zeros([2], ScalarType.Float64), zeros([2, 2], ScalarType.Float64));
        var filter = KalmanFilter.Run(system with { Transition = t => t == 2 ? still : system.Transition(t) }, example.Batch);
        StringAssert.Contains(Assert.ThrowsExactly<ArithmeticException>(() => RtsSmoother.Run(filter)).Message, "predicted covariance of step 2");
    }

    // Likelihoods, filtered and smoothed means and deviations of every sequence, by its name; the filtered means first.
    private static Dictionary<string, double[][]> ByRow(List<Sequence> sequences, Func<SequenceBatch, LinearGaussianSystem> systemOf)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        var filter = KalmanFilter.Run(systemOf(batch), batch);
        var smoothed = RtsSmoother.Run(filter);
        Tensor[] packed = [filter.Filtered.Means(), filter.Filtered.Variances(), filter.StepLogLikelihood.unsqueeze(1), smoothed.States.Means(),
            smoothed.States.Covariances().flatten(1)];
        return Enumerable.Range(0, batch.Count).ToDictionary(row => sequences[batch.Order[row]].Id!, row => packed.Select(p =>
            batch.Pad(p)[row].narrow(0, 0, batch.Lengths[row]).contiguous().data<double>().ToArray()).ToArray());
    }

    // The filtered means of a sequence handed over step by step.
    private static double[] Streamed(Sequence sequence, Func<SequenceBatch, LinearGaussianSystem> systemOf)
    {
        using var scope = NewDisposeScope();
        using var whole = SequenceBatch.Create([sequence], type: ScalarType.Float64);
        var system = systemOf(whole);
        var means = new List<double>();
        GaussianMoments? state = null;
        for (int t = 0; t < whole.Steps; t++)
        {
            int size = sequence.ObservationSize, step = t;
            bool[] observed = [.. Enumerable.Range(0, size).Select(d => sequence.IsObserved(step, d))];
            float[] values = [.. observed.Select((seen, d) => seen ? sequence.Observations[step * size + d] : 0)];
            var rows = new StepRows(size, values, [.. observed.Select(seen => seen ? 1f : 0)], [sequence.NoiseKey], [step]) { LogJacobians = [0] };
            using var batch = SequenceBatch.OfStep(rows, CPU, ScalarType.Float64);
            state = KalmanFilter.OneStep(new(system.Initial, _ => system.Transition(step), _ => system.Emission(step)), state, batch).Filtered;
            means.AddRange(state.Mean.contiguous().data<double>().ToArray());
        }
        return [.. means];
    }

    private static (List<Sequence>, Func<SequenceBatch, LinearGaussianSystem>) Drawn(int latent, int size, double missing,
        Func<LinearGaussianSystem, SequenceBatch, LinearGaussianSystem>? change = null, int count = 9, int longest = 12)
    {
        var random = new Random(latent * 100 + size);
        Tensor Draw(params long[] shape) =>
            tensor([.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextDouble() - 0.5)], shape);
        Tensor Covariance(int n, double scale)
        {
            var root = Draw(n, n);
            return scale * (root.matmul(root.t()) + 0.3 * eye(n, dtype: ScalarType.Float64));
        }
        var system = LinearGaussianSystem.Constant(new(Draw(latent), Covariance(latent, 1)),
            new(0.8 * eye(latent, dtype: ScalarType.Float64) + Draw(latent, latent) / latent, Draw(latent), Covariance(latent, 0.5)),
            new(Draw(size, latent), Draw(size), Covariance(size, 0.7)));
        return (RandomSequences.Make(count, size, longest, missing), batch => change is null ? system : change(system, batch));
    }

    // Transitions, emissions and beginnings that differ by row and step.
    private static LinearGaussianSystem Differing(LinearGaussianSystem system, SequenceBatch batch)
    {
        AffineGaussian Of(AffineGaussian part, int t)
        {
            var factor = 1 + 0.1 * (arange(batch.Active[t], ScalarType.Float64) % 3 + t % 2).view(-1, 1);
            return new(part.Matrix * factor.unsqueeze(-1), part.Offset * factor, part.Covariance * factor.unsqueeze(-1));
        }
        var every = KalmanFilterTests.PerRow(system, batch);
        var start = 1 + 0.1 * arange(batch.Count, ScalarType.Float64).view(-1, 1);
        return new(new(every.Initial.Mean * start, every.Initial.Covariance * start.unsqueeze(-1)), t => Of(system.Transition(t), t), t => Of(system.Emission(t), t));
    }

    private static void AssertSame(double[] expected, double[] found, double tolerance, string name)
    {
        Assert.AreEqual(expected.Length, found.Length, name);
        for (int i = 0; i < found.Length; i++)
            Assert.IsTrue(Math.Abs(expected[i] - found[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"{name}, {i}: {expected[i]:r}, {found[i]:r}");
    }

    private static void AssertSame(GaussianPath expected, GaussianPath found, SequenceBatch batch, string name)
    {
        AssertSame(expected.Means(), found.Means(), $"{name} means");
        AssertSame(expected.Variances(), found.Variances(), $"{name} variances");
        AssertSame(expected.Covariances(), found.Covariances(), $"{name} covariances");
        AssertSame(expected.Last().Mean, found.Last().Mean, $"{name}, the last means");
        AssertSame(expected.Last().Covariance.PerRow(batch.Count), found.Last().Covariance, $"{name}, the last covariances");
        var weights = tensor([.. Enumerable.Range(0, 2 * (int)batch.PackedSteps).Select(i => i % 7 - 2.5)], [batch.PackedSteps, 2]);
        AssertSame(expected.WeightedCovariances(weights), found.WeightedCovariances(weights), $"{name}, weighted");
        Assert.AreEqual(expected.Steps, found.Steps);
        for (int t = 0; t < expected.Steps; t++)
        {
            AssertSame(expected[t].Mean, found[t].Mean, $"{name} means of step {t}");
            AssertSame(expected[t].Covariance.PerRow(batch.Active[t]), found[t].Covariance.PerRow(batch.Active[t]), $"{name} covariances of step {t}");
        }
    }

    private static void AssertSame(Tensor expected, Tensor found, string name)
    {
        CollectionAssert.AreEqual(expected.shape, found.shape, name);
        if (expected.numel() == 0)
            return;
        double scale = expected.abs().max().item<double>();
        Assert.AreEqual(0, (expected - found).abs().max().item<double>() / scale, Tolerance, name);
    }
}
