using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Inference;

[TestClass]
public class OpenLoopInferenceTests
{
    private const int Observation = 3;

    private static readonly StructuredInference s_base = new() { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 5 };

    /// <summary>q is the base's up to the last steps, and there the prior; the first step is always the base's, however short the sequence.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheLastStepsAreThePriorWhileTraining(bool flow)
    {
        const int Steps = 3;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        InferenceNetwork inner = flow ? new FlowInference { Base = s_base, HiddenSize = 6 } : s_base;
        var (model, network) = Make(new OpenLoopInference { Base = inner, Steps = Steps, LeastSteps = Steps });
        using var batch = Batch();
        int rolledOut = 0;
        foreach (var (step, alone, t) in Scan(model, network, batch, new Generator(1)))
        {
            using var noise = new RowNoise(9, batch.NoiseKeys, 0, type: ScalarType.Float64);
            var normal = noise.Normal(batch.Active[t], model.LatentSize);
            Tensor drawn = step.Posterior.Draw(normal).Latent, prior = step.Prior!.Draw(normal).Latent, told = alone.Draw(normal).Latent;
            for (int b = 0; b < batch.Active[t]; b++)
            {
                bool open = t > 0 && t >= batch.Lengths[b] - Steps;
                Assert.IsTrue(Same(drawn[b], open ? prior[b] : told[b]), $"step {t} of {batch.Lengths[b]}");
                Assert.IsFalse(Same(drawn[b], open ? told[b] : prior[b]), $"step {t} of {batch.Lengths[b]}");
                rolledOut += open ? 1 : 0;
            }
        }
        Assert.AreEqual(batch.Lengths.Sum(length => Math.Min(Steps, length - 1)), rolledOut);
    }

    /// <summary>There the KL is 0, and what was observed there moves no posterior before it.</summary>
    [TestMethod]
    public void TheBoundHasNoDivergenceThere()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(new OpenLoopInference { Base = s_base, Steps = 100, LeastSteps = 100 });
        using var batch = Batch();
        using var noise = new RowNoise(2, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var terms = new Elbo().Evaluate(new BoundQuery(model, network, batch, noise) { DropoutNoise = new Generator(1) });
        var (step, _, _) = Scan(model, network, batch, new Generator(1)).First();
        double[] firstSteps = step.Posterior.Kl(step.Prior!)!.data<double>().ToArray(), found = terms.Kl.data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
            Assert.AreEqual(firstSteps[b], found[b], 1e-12);
    }

    [TestMethod]
    public void OutsideOfTrainingItIsTheBase()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(new OpenLoopInference { Base = s_base, Steps = 3, LeastSteps = 3 });
        network.eval();
        Assert.IsFalse(network.ReadsPrior);
        using var batch = Batch();
        foreach (var (step, alone, _) in Scan(model, network, batch, new Generator(1)))
            Assert.IsTrue(Same(step.Posterior.Moments!.Value.Mean, alone.Moments!.Value.Mean));
    }

    /// <summary>The numbers of steps are drawn anew for every sequence and update, all of them from the fewest to the most.</summary>
    [TestMethod]
    public void TheNumberOfStepsIsDrawn()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (_, network) = Make(new OpenLoopInference { Base = s_base, Steps = 6, LeastSteps = 2 });
        using var batch = SequenceBatch.Create([.. Enumerable.Range(0, 200).Select(i => new Sequence(Observation, new float[10 * Observation], id: $"{i}"))],
            type: ScalarType.Float64);
        using var generator = new Generator(3);
        var counts = new SortedDictionary<double, int>();
        for (int update = 0; update < 2; update++)
            foreach (double count in batch.SumBySequence(network.Encode(batch, generator).States[^1].squeeze(-1).to(ScalarType.Float64)).data<double>().ToArray())
                counts[count] = counts.GetValueOrDefault(count) + 1;
        CollectionAssert.AreEqual(new double[] { 2, 3, 4, 5, 6 }, counts.Keys.ToArray());
        // 80 of each are expected, with a deviation of 8.
        Assert.IsTrue(counts.Values.All(n => n is > 40 and < 120), string.Join(" ", counts.Values));
    }

    [TestMethod]
    public void ItsOptionsAreValidated()
    {
        Assert.AreEqual("LeastSteps is -1; it must be at least 0.", new OpenLoopInference { LeastSteps = -1 }.Validate().Single());
        Assert.AreEqual("Steps is 0; it must be at least 1.", new OpenLoopInference { Steps = 0, LeastSteps = 0 }.Validate().Single());
        Assert.AreEqual("Steps is 5; it must be at least 6.", new OpenLoopInference { Steps = 5, LeastSteps = 6 }.Validate().Single());
        StringAssert.StartsWith(new OpenLoopInference { Base = new StructuredInference { HiddenSize = 0 } }.Validate().Single(), "Base.HiddenSize is 0");
    }

    // Every step of a scan, beside what the base alone says of the same past.
    private static IEnumerable<(ScanStep Step, LatentDistribution Base, int Time)> Scan(GenerativeModule model, InferenceModule network, SequenceBatch batch, Generator dropout)
    {
        using var noise = new RowNoise(2, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var scan = new PosteriorScan(model, network, network.Encode(batch, dropout), noise);
        var inner = (InferenceModule)network.named_children().Single(child => child.name == "inner").module;
        var encoding = inner.Encode(batch, null);
        for (int t = 0; t < batch.Steps; t++)
        {
            var step = scan.Draw(t, withPrior: true);
            yield return (step, inner.Posterior(new PosteriorQuery(encoding, batch.Step(t), step.Past, step.Prior, noise)), t);
        }
    }

    private static bool Same(Tensor a, Tensor b) => a.eq(b).all().item<bool>();

    private static SequenceBatch Batch() => SequenceBatch.Create(RandomSequences.Make(5, Observation, 7), type: ScalarType.Float64);

    private static (GenerativeModule Model, InferenceModule Network) Make(OpenLoopInference options)
    {
        var initializer = new Initializer(4);
        var model = new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 6 } }.Create(new DataShape(Observation), initializer);
        var network = options.Create(model, false, initializer);
        model.to(ScalarType.Float64);
        network.to(ScalarType.Float64);
        network.train();
        return (model, network);
    }
}
