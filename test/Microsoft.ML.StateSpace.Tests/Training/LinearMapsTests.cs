using System.Diagnostics;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>A deep Markov model with linear maps, all of them learned by the ELBO, on synthetic9, whose likelihood Kalman knows.</summary>
[TestClass]
public class LinearMapsTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [TestCategory("Long")]
    public void ReachTheExactLikelihoodOfSynthetic9()
    {
        var clock = Stopwatch.StartNew();
        var data = SyntheticSystems.Generate("synthetic9").Train;
        const double scale = 7.5;
        var sequences = Enumerable.Range(0, data.Sequences).Select(i =>
            new Sequence(1, [.. data.ObservationsOf(i).ToArray().Select(x => (float)(x / scale))], id: $"{i}")).ToList();
        var parts = new ModelParts(
            new DeepMarkovModel { LatentSize = 1, Transition = new LinearTransition(), Emission = new GaussianEmission { HiddenLayers = 0, VarianceDependsOnLatent = false } },
            new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 32, EmbeddingSize = 0 }, new FilteringProposal { Epochs = 1 }, new DataShape(1), ReadsMask: false);
        using var networks = parts.Create(1);
        var options = new TrainingOptions { Epochs = 20, BatchSize = 250, LearningRate = 2e-2, FinalLearningRateRatio = 0, WeightAveraging = 0, Patience = 0 };
        ModelTraining.Run(networks, parts, new Elbo(), options, sequences, sequences[..500], CPU, null, CancellationToken.None);
        var bounds = new BoundEvaluator(networks, new EvaluationOptions { Particles = 100 }, CPU).Evaluate(sequences[..1000]);
        // The same sequences under the true parameters are the yardstick: a thousand of them are a little easier or harder than all.
        double exact = Kalman(sequences[..1000], scale)  - Math.Log(scale), reached = bounds.ImportanceSampled.PerStep - Math.Log(scale);
        TestContext.WriteLine($"exact {exact:f4}, importance-sampled {reached:f4}, ELBO {bounds.Elbo.PerStep - Math.Log(scale):f4}, {clock.Elapsed.TotalSeconds:f1} s");
        Assert.AreEqual(exact, reached, 0.01);
    }

    private static double Kalman(List<Sequence> sequences, double scale)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        Tensor Number(double value) => full([1, 1], value, ScalarType.Float64);
        var offset = full([1], 0.05, ScalarType.Float64);
        var system = StateSpace.LinearGaussian.LinearGaussianSystem.Constant(new(zeros([1], ScalarType.Float64), Number(1)),
            new(Number(1), offset, Number(10)), new(Number(0.5 / scale), zeros([1], ScalarType.Float64), Number(20 / (scale * scale))));
        return StateSpace.LinearGaussian.KalmanFilter.Run(system, batch).LogEvidence.sum().item<double>() / batch.PackedSteps;
    }
}
