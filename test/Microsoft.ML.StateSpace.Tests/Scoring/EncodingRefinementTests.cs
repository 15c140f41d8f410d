using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

/// <summary>q raised for each sequence by itself: to the optimum of its family, and never above the likelihood.</summary>
[TestClass]
public class EncodingRefinementTests
{
    /// <summary>The best of independent Gaussians for a Gaussian posterior of precision Λ has its mean and the variances 1/Λ_ii; it falls short
    /// by ½ (Σ log Λ_ii − log |Λ|).</summary>
    [TestMethod]
    public void MeanFieldReachesItsOptimum()
    {
        const int Steps = 6;
        var sample = new SampleSystem(Steps);
        var rows = Enumerable.Range(0, Steps).ToList();
        var (_, _, covariance) = new DenseGaussianOracle(SampleSystem.System, Steps).Condition(
            [.. rows.Select(t => new double[] { sample.Sequence.Observations[2 * t], sample.Sequence.Observations[2 * t + 1] })],
            [.. rows.Select(t => new[] { sample.Sequence.IsObserved(t, 0), sample.Sequence.IsObserved(t, 1) })]);
        double[,] precision = LinearAlgebra.Solve(covariance, LinearAlgebra.Identity(Steps)), factor = LinearAlgebra.Cholesky(precision);
        double optimum = sample.LogLikelihood - rows.Sum(t => 0.5 * Math.Log(precision[t, t]) - Math.Log(factor[t, t]));
        var model = new ExactLinearGaussianModel(SampleSystem.System);
        var network = new MeanFieldInference { HiddenSize = 4, EmbeddingSize = 3 }.Create(model, readsMask: true, new Initializer(3)).to(ScalarType.Float64);
        using var networks = new StateSpaceNetworks(model, network, null);
        BoundMetrics Evaluate(int steps) => new BoundEvaluator(networks, new EvaluationOptions { Particles = 20_000, RefinementSteps = steps, RefinementRate = 0.02 },
            CPU, ScalarType.Float64).Evaluate([sample.Sequence]);
        BoundMetrics before = Evaluate(0), after = Evaluate(1500);
        Assert.IsLessThan(optimum - 0.3, before.Elbo.PerSequence);
        Assert.AreEqual(optimum, after.Elbo.PerSequence, 0.03);
        Assert.AreEqual(sample.LogLikelihood, after.ImportanceSampled.PerSequence, 0.15);
    }

    public static IEnumerable<object[]> Networks =>
    [
        ["structured", new StructuredInference { HiddenSize = 6, EmbeddingSize = 4 }], ["both ways", new StructuredInference { HiddenSize = 6, Direction = Direction.Both }],
        ["mean-field", new MeanFieldInference { HiddenSize = 6, Direction = Direction.Both }], ["flow", new FlowInference { Base = new StructuredInference { HiddenSize = 6 } }],
        ["per step", new PerStepLinearInference { Steps = 12 }], ["prior times", new PriorProductInference { Base = new StructuredInference { HiddenSize = 6 } }],
    ];

    /// <summary>The linear-Gaussian model knows its likelihood, with values missing.</summary>
    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void BoundsRiseAndStayBounds(string name, InferenceNetwork network)
    {
        var sequences = RandomSequences.Make(7, 2, 12, missing: 0.2);
        using var networks = new ModelParts(new LinearGaussianModel { LatentSize = 2 }, network, new FilteringProposal(), new DataShape(2), ReadsMask: true).Create(2);
        BoundMetrics Evaluate(int steps) => new BoundEvaluator(networks, new EvaluationOptions { Particles = 500, FilterParticles = 1, RefinementSteps = steps, RefinementRate = 0.02 },
            CPU).Evaluate(sequences);
        var (before, after) = (Evaluate(0), Evaluate(200));
        double exact = after.Filter!.LogLikelihood.PerStep;
        Assert.AreEqual(FilterKind.Exact, after.Filter.Kind);
        Assert.IsLessThan(after.Elbo.PerStep, before.Elbo.PerStep + 0.05, name);
        Assert.IsLessThan(exact + 0.02, after.Elbo.PerStep, name);
        Assert.IsLessThan(exact + 0.05, after.ImportanceSampled.PerStep, name);
        Assert.IsGreaterThan(0.3 * (exact - before.Elbo.PerStep), after.Elbo.PerStep - before.Elbo.PerStep, $"{name}: {before.Elbo.PerStep} to {after.Elbo.PerStep} of {exact}");
        Assert.AreEqual(after, Evaluate(200), "two runs");
        Assert.AreEqual(before, Evaluate(0), "the model is as it was");
    }

    [TestMethod]
    public void ARowIsRefinedAsIfAlone()
    {
        var sequences = RandomSequences.Make(5, 2, 9);
        using var networks = Make(new StructuredInference { HiddenSize = 6 });
        BoundMetrics Evaluate(IReadOnlyList<Sequence> rows) => new BoundEvaluator(networks, new EvaluationOptions { Particles = 4, RefinementSteps = 20 }, CPU).Evaluate(rows);
        double apart = sequences.Sum(row => Evaluate([row]).Elbo.PerSequence);
        Assert.AreEqual(apart, 5 * Evaluate(sequences).Elbo.PerSequence, 1e-3);
    }

    [TestMethod]
    public void WhatCannotBeRefinedIsNamed()
    {
        var sequences = RandomSequences.Make(2, 2, 9);
        using var iterating = Make(new IterativeInference());
        using var structured = Make(new StructuredInference { HiddenSize = 6 });
        BoundMetrics Evaluate(StateSpaceNetworks networks, double rate = 0.1, int longest = 20_000) =>
            new BoundEvaluator(networks, new EvaluationOptions { Particles = 4, RefinementSteps = 3, RefinementRate = rate }, CPU) { LongestWindow = longest }.Evaluate(sequences);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Evaluate(iterating)).Message, "no encoding");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Evaluate(structured, longest: 8)).Message, "sequence-0 has 9 steps");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Evaluate(structured, rate: 0));
        Evaluate(structured, longest: 9);
    }

    private static StateSpaceNetworks Make(InferenceNetwork network) =>
        new ModelParts(new DeepMarkovModel { LatentSize = 2 }, network, new FilteringProposal(), new DataShape(2), ReadsMask: false).Create(2);
}
