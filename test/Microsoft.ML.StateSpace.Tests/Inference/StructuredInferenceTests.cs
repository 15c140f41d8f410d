using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Inference;

/// <summary>Structured and mean-field inference against the equations of Krishnan et al. 2017, §4.</summary>
[TestClass]
public class StructuredInferenceTests
{
    private const int Hidden = 5, Latent = 2, Observation = 3;

    private static readonly List<Sequence> s_sequences = RandomSequences.Make(4, Observation, 6);

    /// <summary>ĥ = (tanh(W z + b) + Σ h) / (1 + directions); μ linear in ĥ, σ² = softplus(linear).</summary>
    [TestMethod]
    [DataRow(Direction.Forward)]
    [DataRow(Direction.Backward)]
    [DataRow(Direction.Both)]
    public void TheCombinerIsTheMeanOfItsParts(Direction direction)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = Make(new StructuredInference { Direction = direction, Cell = RnnCell.Gru, HiddenSize = Hidden });
        using var batch = SequenceBatch.Create(s_sequences, type: ScalarType.Float64);
        var encoding = module.Encode(batch, null);
        foreach (int step in new[] { 0, 2 })
        {
            var rows = batch.Step(step);
            var latent = step == 0 ? null : randn([rows.Count, Latent], ScalarType.Float64, generator: new Generator(3));
            var sum = Affine(module, "combiner", latent ?? module.get_parameter("initialLatent")!.unsqueeze(0)).tanh();
            var encoders = Encoders(module);
            foreach (var encoder in encoders)
                sum = sum + rows.Of(encoder.Encode(batch.Observations, batch, null));
            var (mean, variance) = Head(module, "head", sum / (1 + encoders.Count));
            AssertEqual(mean, variance, Posterior(module, encoding, batch, step, latent));
        }
    }

    /// <summary>MF-LR: μ = (μ₁v₂ + μ₂v₁)/(v₁ + v₂), v = v₁v₂/(v₁ + v₂).</summary>
    [TestMethod]
    public void MeanFieldOfBothDirectionsIsTheProduct()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = Make(new MeanFieldInference { Direction = Direction.Both, Cell = RnnCell.Gru, HiddenSize = Hidden });
        using var batch = SequenceBatch.Create(s_sequences, type: ScalarType.Float64);
        var parts = Encoders(module).Select((e, i) => Head(module, $"heads.{i}", batch.Step(1).Of(e.Encode(batch.Observations, batch, null)))).ToArray();
        var ((m1, v1), (m2, v2)) = (parts[0], parts[1]);
        AssertEqual((m1 * v2 + m2 * v1) / (v1 + v2), v1 * v2 / (v1 + v2), Posterior(module, module.Encode(batch, null), batch, 1, null));
    }

    [TestMethod]
    public void Z0IsLearnedOr0()
    {
        foreach (bool learned in new[] { true, false })
        {
            using var module = Make(new StructuredInference { HiddenSize = Hidden, LearnInitialLatent = learned });
            var z0 = module.get_parameter("initialLatent")!;
            Assert.AreEqual(learned, z0.requires_grad);
            Assert.AreEqual(0, z0.abs().max().item<double>());
        }
    }

    [TestMethod]
    public void UnitsAreDroppedWhileTrainingOnly()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create(s_sequences, type: ScalarType.Float64);
        var (dropping, plain) = (Make(new StructuredInference { HiddenSize = Hidden, Dropout = 0.5 }), Make(new StructuredInference { HiddenSize = Hidden }));
        Tensor States(InferenceModule module) => module.Encode(batch, new Generator(1)).States[0];
        dropping.eval();
        Assert.IsTrue(States(dropping).eq(States(plain)).all().item<bool>());
        dropping.train();
        Assert.IsFalse(States(dropping).eq(States(plain)).all().item<bool>());
    }

    /// <summary>What is dropped of the input is as if it had been missing, also to the network that reads a mask.</summary>
    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, true)]
    public void NumbersAreHiddenWhileTrainingOnly(bool meanField, bool readsMask)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        RecurrentInference options = meanField ? new MeanFieldInference { HiddenSize = Hidden } : new StructuredInference { HiddenSize = Hidden, Direction = Direction.Both };
        using var batch = SequenceBatch.Create(RandomSequences.Make(4, Observation, 6, missing: readsMask ? 0.3 : 0), type: ScalarType.Float64);
        var (dropping, plain) = (Make(options with { InputDropout = 0.5 }, readsMask), Make(options, readsMask));
        dropping.eval();
        Assert.IsTrue(Same(dropping.Encode(batch, new Generator(1)), plain.Encode(batch, null)), "scoring sees all");
        dropping.train();
        var shown = rand(batch.Observations.shape, ScalarType.Float64, generator: new Generator(1)).ge(0.5);
        var left = new Tensor[] { batch.Observations * shown, (batch.Observed ?? ones_like(batch.Observations)) * shown };
        var found = dropping.Encode(batch, new Generator(1));
        Assert.IsFalse(Same(found, plain.Encode(batch, null)));
        var inputs = readsMask ? cat(left, -1) : left[0];
        var states = Encoders(plain).Select(e => e.Encode(inputs, batch, null)).ToArray();
        if (meanField)
        {
            var (mean, variance) = Head(plain, "heads.0", states[0]);
            AssertEqual(mean, variance, (found.States[0], found.States[1]));
        }
        else
            Assert.AreEqual(0, ((states[0] + states[1]) / 3 - found.States[0]).abs().max().item<double>(), 1e-12);
    }

    private static bool Same(Encoding a, Encoding b) => a.States.Zip(b.States).All(pair => pair.First.eq(pair.Second).all().item<bool>());

    private static InferenceModule Make(InferenceNetwork options, bool readsMask = false)
    {
        var initializer = new Initializer(4);
        using var model = new DeepMarkovModel { LatentSize = Latent }.Create(new DataShape(Observation), initializer);
        var module = options.Create(model, readsMask, initializer);
        module.to(ScalarType.Float64);
        return module;
    }

    private static List<RnnEncoder> Encoders(InferenceModule module) =>
        [.. ((ModuleList<RnnEncoder>)module.named_children().Single(child => child.name == "encoders").module)];

    private static (Tensor Mean, Tensor Variance) Posterior(InferenceModule module, Encoding encoding, SequenceBatch batch, int step, Tensor? latent)
    {
        var past = new Past(latent, null, [], batch.Inputs(batch.Step(step)));
        return module.Posterior(new PosteriorQuery(encoding, batch.Step(step), past, null, new BatchNoise(new Generator(1)))).Moments!.Value;
    }

    private static (Tensor Mean, Tensor Variance) Head(InferenceModule module, string name, Tensor hidden)
    {
        var both = Affine(module, $"{name}.map", hidden);
        return (both.narrow(-1, 0, Latent), (1 + both.narrow(-1, Latent, Latent).exp()).log() + DiagonalGaussian.LeastVariance);
    }

    private static Tensor Affine(InferenceModule module, string name, Tensor x) =>
        matmul(x, module.get_parameter($"{name}.weight")!.t()) + module.get_parameter($"{name}.bias")!;

    private static void AssertEqual(Tensor mean, Tensor variance, (Tensor Mean, Tensor Variance) found)
    {
        Assert.AreEqual(0, (mean - found.Mean).abs().max().item<double>(), 1e-12);
        Assert.AreEqual(0, (variance - found.Variance).abs().max().item<double>(), 1e-12);
    }
}
