using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Windows of truncated back-propagation go on from the state of the window before.</summary>
[TestClass]
public class WindowCarryTests
{
    // q at a step depends on z_{t−1} and x_t only, so that cutting a sequence changes no value, only where gradients end.
    private static readonly IterativeInference s_stepwise = new() { Update = IterativeUpdate.Sgd, Samples = 0, Iterations = 2 };

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheBoundsOfAllWindowsAddUpToTheWholeBound(bool augmented)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var sequences = RandomSequences.Make(5, 2, 11, missing: 0.1);
        using var networks = Make(augmented);
        using var all = new Generator(3);
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        double whole = Evaluate(networks, batch, all, null, null).sum().item<double>();

        using var piecewise = new Generator(3);
        ModelState? state = null;
        double sum = 0;
        int windows = 0;
        foreach (var window in EpochPlan.Windows(sequences, [.. Enumerable.Range(0, sequences.Count)], 3))
        {
            using var part = SequenceBatch.Create(window.Rows, type: ScalarType.Float64);
            var start = window.Window == 0 ? null : state!.Rows(part.Count);
            sum += Evaluate(networks, part, piecewise, start, end => state = end.Map(p => p.clone().MoveToOuterDisposeScope())).sum().item<double>();
            windows++;
        }
        Assert.IsTrue(windows > 1);
        Assert.AreEqual(whole, sum, 1e-9 * Math.Abs(whole));
    }

    private static Tensor Evaluate(StateSpaceNetworks networks, SequenceBatch batch, Generator generator, ModelState? start, Action<ModelState>? end)
    {
        using var noise = new StepNoise(generator, ScalarType.Float64);
        return new Elbo().Evaluate(new BoundQuery(networks.Generative, networks.Inference, batch, noise) { Start = start, End = end }).Objective;
    }

    private static StateSpaceNetworks Make(bool augmented)
    {
        var networks = new ModelParts(
            new DeepMarkovModel { LatentSize = 3, Transition = new GatedTransition { HiddenSize = 5 }, Augmented = augmented },
            s_stepwise, new FilteringProposal(), new DataShape(2), ReadsMask: false).Create(3);
        networks.to(ScalarType.Float64);
        return networks;
    }

    // One stream for z and none for what is fed back: what is missing is then the same number in both walks.
    private sealed class StepNoise(Generator generator, ScalarType type) : NoiseSource
    {
        public override int Particles => 0;

        public override Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) =>
            randn([rows, size], type, generator: generator);

        public override Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) => full([rows, size], 0.4, type);

        public override void Dispose()
        {
        }
    }
}
