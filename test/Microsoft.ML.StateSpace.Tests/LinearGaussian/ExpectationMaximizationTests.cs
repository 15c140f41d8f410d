using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp.Modules;
using static TorchSharp.torch;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

[TestClass]
public class ExpectationMaximizationTests
{
    [TestMethod]
    [DataRow(0.0, false, false)]
    [DataRow(0.4, false, false)]
    [DataRow(0.4, true, false)]
    [DataRow(0.4, true, true)]
    public void EveryIterationRaisesTheLikelihood(double missing, bool controlled, bool diagonal)
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing, count: 30, longest: 12);
        var controls = controlled ? randn([example.Batch.PackedSteps, 2], ScalarType.Float64, generator: new Generator(8)) : null;
        var parameters = Start() with { Control = controlled ? zeros([2, 2], ScalarType.Float64) : null };
        var options = new ExpectationMaximizationOptions { DiagonalTransitionCovariance = diagonal };
        if (diagonal)
            parameters = parameters with { TransitionCovariance = eye(2, dtype: ScalarType.Float64) };
        var likelihoods = new List<double>();
        for (int i = 0; i < 25; i++)
        {
            (parameters, double likelihood) = ExpectationMaximizationStep.Iterate(parameters, [(example.Batch, controls)], options);
            likelihoods.Add(likelihood);
        }
        for (int i = 1; i < likelihoods.Count; i++)
            Assert.IsTrue(likelihoods[i] >= likelihoods[i - 1] - 1e-9, $"iteration {i}: {likelihoods[i - 1]} to {likelihoods[i]}");
        Assert.IsTrue(likelihoods[^1] > likelihoods[0] + 10);
        if (diagonal)
            Assert.AreEqual(0, parameters.TransitionCovariance[0, 1].item<double>());
        if (controlled)
            Assert.IsTrue(parameters.Control!.abs().max().item<double>() > 0);
    }

    /// <summary>Fisher's identity: where the statistics were taken, the gradient of the likelihood is that of the expected joint.</summary>
    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.5)]
    public void TheStatisticsAreThoseTheGradientOfTheLikelihoodIsMadeOf(double missing)
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing);
        var controls = randn([example.Batch.PackedSteps, 1], ScalarType.Float64, generator: new Generator(8));
        var free = Start() with { Control = tensor(new[] { 0.3, -0.4 }, [2, 1]) };
        var p = free with
        {
            Transition = new Parameter(free.Transition.clone()), Control = new Parameter(free.Control!.clone()), Emission = new Parameter(free.Emission.clone()),
            TransitionOffset = new Parameter(free.TransitionOffset.clone()), EmissionOffset = new Parameter(free.EmissionOffset.clone()),
            InitialMean = new Parameter(free.InitialMean.clone()),
        };
        KalmanFilter.Run(p.System(example.Batch, controls), example.Batch).LogEvidence.sum().backward();
        using var guard = no_grad();
        var statistics = LinearGaussianStatistics.Of(free, example.Batch, controls);
        var transition = cat([free.Transition, free.Control!, free.TransitionOffset.unsqueeze(1)], 1);
        OracleCase.AssertEqual(
            linalg.solve(free.TransitionCovariance, statistics.Transition.Cross - transition.matmul(statistics.Transition.Regressor)),
            cat([p.Transition.grad!, p.Control!.grad!, p.TransitionOffset.grad!.unsqueeze(1)], 1), 1e-9, "transition");
        var emission = cat([free.Emission, free.EmissionOffset.unsqueeze(1)], 1);
        OracleCase.AssertEqual(
            (statistics.Emission.Cross - statistics.Emission.Regressor.Apply(emission)) / free.EmissionVariance.unsqueeze(1),
            cat([p.Emission.grad!, p.EmissionOffset.grad!.unsqueeze(1)], 1), 1e-9, "emission");
        OracleCase.AssertEqual(
            linalg.solve(free.InitialCovariance, statistics.Initial.Cross - example.Batch.Count * free.InitialMean.unsqueeze(1)).squeeze(1),
            p.InitialMean.grad!, 1e-9, "initial mean");
    }

    [TestMethod]
    public void BatchesAddUp()
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing: 0.3, count: 12);
        using var first = SequenceBatch.Create(example.Sequences[..5], type: ScalarType.Float64);
        using var rest = SequenceBatch.Create(example.Sequences[5..], type: ScalarType.Float64);
        var (whole, a) = ExpectationMaximizationStep.Iterate(Start(), [(example.Batch, null)]);
        var (parts, b) = ExpectationMaximizationStep.Iterate(Start(), [(first, null), (rest, null)]);
        Assert.AreEqual(a, b, 1e-9);
        OracleCase.AssertEqual(whole.Transition, parts.Transition, 1e-9, "transition");
        OracleCase.AssertEqual(whole.EmissionVariance, parts.EmissionVariance, 1e-9, "emission variance");
        OracleCase.AssertEqual(whole.InitialCovariance, parts.InitialCovariance, 1e-9, "initial covariance");
        Assert.ThrowsExactly<ArgumentException>(() => ExpectationMaximizationStep.Iterate(Start(), []));
    }

    /// <summary>From a bad start to parameters at least as likely as those the data were drawn with, whatever their names for z.</summary>
    [TestMethod]
    public void FindsParametersAsLikelyAsTheTrueOnes()
    {
        using var scope = NewDisposeScope();
        var truth = Parameters(OracleSystem.TwoByThree());
        using var batch = Draw(truth, sequences: 60, steps: 40);
        double likeliest = KalmanFilter.Run(truth.System(batch), batch).LogEvidence.sum().item<double>();
        var parameters = Start();
        double likelihood = double.NegativeInfinity;
        for (int i = 0; i < 60; i++)
            (parameters, likelihood) = ExpectationMaximizationStep.Iterate(parameters, [(batch, null)]);
        Assert.IsTrue(likelihood > likeliest, $"{likelihood} against {likeliest}");
        // Half the number of parameters is what fitting gains on average.
        Assert.IsTrue(likelihood < likeliest + 40, $"{likelihood} against {likeliest}");
    }

    [TestMethod]
    public void SinglePrecisionStaysSingleAndNearDouble()
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing: 0.3, count: 20, longest: 10);
        using var single = SequenceBatch.Create(example.Sequences);
        Tensor Cast(Tensor t) => t.to(ScalarType.Float32);
        var (exact, start) = (Start(), Start());
        var parameters = new LinearGaussianParameters(Cast(start.InitialMean), Cast(start.InitialCovariance), Cast(start.Transition),
            Cast(start.TransitionOffset), Cast(start.TransitionCovariance), Cast(start.Emission), Cast(start.EmissionOffset), Cast(start.EmissionVariance));
        for (int i = 0; i < 5; i++)
        {
            (exact, double expected) = ExpectationMaximizationStep.Iterate(exact, [(example.Batch, null)]);
            (parameters, double likelihood) = ExpectationMaximizationStep.Iterate(parameters, [(single, null)]);
            Assert.AreEqual(expected, likelihood, 1e-5 * Math.Abs(expected));
        }
        Assert.AreEqual(ScalarType.Float32, parameters.Transition.dtype);
        Assert.AreEqual(0, (exact.Transition - parameters.Transition).abs().max().item<double>(), 1e-4);
    }

    [TestMethod]
    public void WhatNobodyObservedStaysAsItWas()
    {
        using var scope = NewDisposeScope();
        float x = float.NaN;
        using var batch = SequenceBatch.Create([new Sequence(3, [1, x, 2]), new Sequence(3, [2, x, 1]), new Sequence(3, [0, x, 1])], type: ScalarType.Float64);
        var start = Start();
        var (after, _) = ExpectationMaximizationStep.Iterate(start, [(batch, null)]);
        OracleCase.AssertEqual(start.Emission[1], after.Emission[1], 0, "emission");
        OracleCase.AssertEqual(start.EmissionVariance[1], after.EmissionVariance[1], 0, "variance");
        OracleCase.AssertEqual(start.Transition, after.Transition, 0, "transition");
        Assert.AreEqual(1, after.EmissionOffset[0].item<double>(), 1.0);
        Assert.IsTrue(after.EmissionVariance.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void FaultsAreNamed()
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing: 0);
        Assert.AreEqual("LeastVariance is 0; it must be above 0.", new ExpectationMaximizationOptions { LeastVariance = 0 }.Validate().Single());
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => Start().System(example.Batch, zeros([example.Batch.PackedSteps, 1]))).Message, "no Control matrix");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => (Start() with { Control = zeros([2, 1]) }).System(example.Batch)).Message, "needs controls");
    }

    private static LinearGaussianParameters Parameters(OracleSystem system) => new(
        tensor(system.InitialMean), OracleCase.Matrix(system.InitialCovariance), OracleCase.Matrix(system.Transition),
        tensor(system.TransitionOffset), OracleCase.Matrix(system.TransitionCovariance), OracleCase.Matrix(system.Emission),
        tensor(system.EmissionOffset), OracleCase.Matrix(system.EmissionCovariance).diagonal().clone());

    /// <summary>Not far off, but wrong in every number.</summary>
    private static LinearGaussianParameters Start() => new(
        tensor(new[] { 0.0, 0.1 }), tensor(new[] { 1.0, 0.2, 0.2, 1.0 }, [2, 2]), tensor(new[] { 0.5, 0.1, 0.0, 0.4 }, [2, 2]),
        tensor(new[] { 0.2, 0.0 }), tensor(new[] { 1.0, 0.1, 0.1, 1.0 }, [2, 2]), tensor(new[] { 0.7, 0.0, 0.1, 0.8, -0.2, 0.1 }, [3, 2]),
        tensor(new[] { 0.0, 0.1, 0.2 }), tensor(new[] { 1.0, 1.5, 2.0 }));

    private static SequenceBatch Draw(LinearGaussianParameters parameters, int sequences, int steps)
    {
        var generator = new Generator(6);
        Tensor Noise(int size) => randn([sequences, size], ScalarType.Float64, generator: generator);
        var values = new Tensor[steps];
        var z = new GaussianMoments(parameters.InitialMean, parameters.InitialCovariance).Sample(Noise(2));
        for (int t = 0; t < steps; t++)
        {
            if (t > 0)
                z = new AffineGaussian(parameters.Transition, parameters.TransitionOffset, parameters.TransitionCovariance).At(z).Sample(Noise(2));
            values[t] = parameters.Emission.Apply(z) + parameters.EmissionOffset + parameters.EmissionVariance.sqrt() * Noise(3);
        }
        var all = stack(values, 1).to(ScalarType.Float32);
        // A tenth is missing, never the last step.
        var random = new Random(3);
        return SequenceBatch.Create([.. Enumerable.Range(0, sequences).Select(b =>
        {
            float[] x = all[b].reshape(-1).data<float>().ToArray();
            for (int i = 0; i < x.Length - 3; i++)
                x[i] = random.NextDouble() < 0.1 ? float.NaN : x[i];
            return new Sequence(3, x);
        })], type: ScalarType.Float64);
    }
}
