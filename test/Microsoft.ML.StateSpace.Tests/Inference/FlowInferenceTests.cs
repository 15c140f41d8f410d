using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Inference;

[TestClass]
public class FlowInferenceTests
{
    private const double Noise = 0.1;

    /// <summary>x = z¹ + z² + noise: the exact posterior's components are strongly correlated, and a diagonal q is 0.875 nats short.</summary>
    [TestMethod]
    public void FlowsReachACorrelatedPosterior()
    {
        using var scope = NewDisposeScope();
        Sequence[] sequences = [new Sequence(1, [0.7f])];
        double exact = -0.5 * (Math.Log(2 * Math.PI * (2 + Noise)) + 0.49 / (2 + Noise));
        var diagonal = new MeanFieldInference { Direction = Direction.Forward, Cell = RnnCell.Rnn, HiddenSize = 4 };
        double plain = Fit(diagonal, sequences), flowed = Fit(new FlowInference { Base = diagonal, HiddenSize = 16 }, sequences);
        Assert.AreEqual(0.875, exact - plain, 0.1, "a diagonal Gaussian");
        Assert.AreEqual(0, exact - flowed, 0.25, "with flows");
    }

    [TestMethod]
    public void FlowsFollowTheNetworkTheyAreOn()
    {
        var avf = new FlowInference { Base = new IterativeInference() };
        Assert.IsFalse(avf.UsesFuture);
        Assert.IsTrue(avf.LearnsItself);
        Assert.IsTrue(new FlowInference().UsesFuture);
        Assert.IsFalse(new FlowInference().IsGaussian);
        Assert.AreEqual("", string.Join(" ", new FlowInference().Validate().Concat(avf.Validate())));
        var nested = new FlowInference { Base = new FlowInference { Flows = 0 }, Conditional = true, HiddenSize = 0, HiddenLayers = 0 };
        CollectionAssert.AreEqual(new[]
        {
            "HiddenSize is 0; it must be at least 1.",
            "HiddenLayers is 0; it must be at least 1.",
            "Conditional reads mean and variance, which a Base that is no Gaussian does not have.",
            "Base.Flows is 0; it must be at least 1.",
        }, nested.Validate().ToArray());
    }

    /// <summary>The base learns step by step by itself; the layers learn from the bound.</summary>
    [TestMethod]
    public void OnANetworkThatLearnsItselfOnlyTheFlowsAreMovedByTheBound()
    {
        using var scope = NewDisposeScope();
        var parts = new ModelParts(new DeepMarkovModel { LatentSize = 2 }, new FlowInference { Base = new IterativeInference { HiddenSize = 8 } },
            new FilteringProposal(), new DataShape(2), ReadsMask: false);
        using var networks = parts.Create(1);
        string[] moved = [.. networks.Inference.named_parameters().Where(p => networks.Inference.MovedByBound.Any(m => ReferenceEquals(m, p.parameter))).Select(p => p.name)];
        Assert.IsTrue(moved.Length > 0 && moved.All(name => name.StartsWith("flows.", StringComparison.Ordinal)));
        var before = networks.Inference.named_parameters().Select(p => (p.name, value: p.parameter.clone())).ToArray();
        var sequences = RandomSequences.Make(8, 2, 6);
        ModelTraining.Run(networks, parts, new Elbo(), new TrainingOptions { Epochs = 1, BatchSize = 4, WeightAveraging = 0 }, sequences, sequences[..2],
            CPU, null, CancellationToken.None);
        foreach (var ((name, old), now) in before.Zip(networks.Inference.parameters()))
            Assert.IsTrue((now - old).abs().max().item<float>() > 0, $"{name} did not move");
    }

    /// <summary>A flow as the filter's proposal is fitted by its density, there being no closed KL to it.</summary>
    [TestMethod]
    public void AFlowCanBeTheFilteringProposal()
    {
        using var scope = NewDisposeScope();
        var forward = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Rnn, HiddenSize = 6 };
        foreach (InferenceNetwork smoother in new InferenceNetwork[] { new StructuredInference { HiddenSize = 6 }, new FlowInference { Base = new StructuredInference { HiddenSize = 6 } } })
        {
            var parts = new ModelParts(new DeepMarkovModel { LatentSize = 3 }, smoother,
                new FilteringProposal { Network = new FlowInference { Base = forward, HiddenSize = 5 } }, new DataShape(2), ReadsMask: true);
            using var networks = parts.Create(1);
            networks.to(ScalarType.Float64);
            using var batch = SequenceBatch.Create(RandomSequences.Make(4, 2, 5), type: ScalarType.Float64);
            FiniteDifferences.AssertGradients(networks.FilteringProposal.named_parameters(), () =>
            {
                using var noise = new RowNoise(3, batch.NoiseKeys, 0, type: ScalarType.Float64);
                return new InclusiveKl(networks.Inference).Evaluate(new BoundQuery(networks.Generative, networks.FilteringProposal, batch, noise)).Objective.sum();
            });
        }
    }

    private static double Fit(InferenceNetwork options, Sequence[] sequences)
    {
        using var scope = NewDisposeScope();
        var model = new DeepMarkovModule(new DeepMarkovModel { LatentSize = 2, LearnInitialPrior = false }, new DataShape(1),
            new LinearTransition().Create, (_, _, _) => new SumEmission(), new Initializer(1));
        using var network = options.Create(model, false, new Initializer(1));
        using var batch = SequenceBatch.Create(sequences);
        using var generator = new Generator(4);
        using var adam = optim.Adam(network.parameters(), 1e-2);
        for (int update = 0; update < 600; update++)
        {
            using var step = NewDisposeScope();
            foreach (var group in adam.ParamGroups)
                group.LearningRate = 1e-2 * (1 - update / 600.0);
            adam.zero_grad();
            (-Bound(model, network, batch, generator, 64)).backward();
            adam.step();
        }
        using var guard = no_grad();
        return Bound(model, network, batch, generator, 20000).item<float>();
    }

    private static Tensor Bound(GenerativeModule model, InferenceModule network, SequenceBatch batch, Generator generator, int samples)
    {
        using var noise = new BatchNoise(generator, samples);
        return new Elbo().Evaluate(new BoundQuery(model, network, batch, noise)).Objective.sum();
    }

    private sealed class SumEmission() : EmissionModule("sum")
    {
        protected override Tensor LogDensities(Tensor latent, Tensor observation)
        {
            var mean = Mean(latent);
            return new DiagonalGaussian(mean, full_like(mean, Noise)).LogDensities(observation);
        }

        public override Tensor Mean(Tensor latent) => latent.sum(-1, keepdim: true);

        public override Tensor Sample(Tensor latent, Tensor uniform) => throw new NotSupportedException();

        public override void StartAt(Tensor mean, Tensor variance) => throw new NotSupportedException();
    }
}
