using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

/// <summary>What a transition sees beside z_{t−1}: controls, the time gap, x_{t−1}.</summary>
[TestClass]
public class ConditioningTests
{
    private const int Observation = 2, Control = 2;

    private static readonly DeepMarkovModel s_model = new()
    {
        LatentSize = 3,
        Transition = new GatedTransition { HiddenSize = 5 },
        Emission = new GaussianEmission { HiddenSize = 5 },
    };

    public static IEnumerable<object[]> Variants =>
    [
        [new Conditioning(), false, false],
        [new Conditioning { Mode = ConditioningMode.Sum, InitialPrior = true }, false, false],
        [new Conditioning { Controls = false, TimeGap = true }, false, true],
        [new Conditioning { Mode = ConditioningMode.Sum, TimeGap = true, InitialPrior = true }, true, true],
        [new Conditioning { TimeGap = true }, true, false],
        [new Conditioning { ControlCount = 1, InitialPrior = true, TimeGap = true }, false, false],
    ];

    [TestMethod]
    [DynamicData(nameof(Variants))]
    public void GradientsAgreeWithFiniteDifferences(Conditioning conditioning, bool augmented, bool conditionalEmission)
    {
        using var scope = NewDisposeScope();
        var (model, network) = Make(Variant(conditioning, augmented, conditionalEmission));
        using var batch = SequenceBatch.Create(Sequences(missing: 0.2), type: ScalarType.Float64);
        FiniteDifferences.AssertGradients(model.named_parameters(), () => Elbo(model, network, batch).sum());
    }

    /// <summary>Steps after the length, and what is known of them, count for nothing; nor do neighbours.</summary>
    [TestMethod]
    [DynamicData(nameof(Variants))]
    public void PaddingAndNeighboursChangeNoNumber(Conditioning conditioning, bool augmented, bool conditionalEmission)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(Variant(conditioning, augmented, conditionalEmission));
        var sequences = Sequences(missing: 0.2);
        double[] together = BySequence(model, network, sequences), padded = BySequence(model, network, [.. sequences.Select(Padded)]);
        for (int i = 0; i < sequences.Count; i++)
        {
            Assert.AreEqual(together[i], padded[i], 1e-10);
            Assert.AreEqual(together[i], BySequence(model, network, [sequences[i]])[0], 1e-10);
        }
    }

    /// <summary>Row t acts on the transition into step t; the first row only on an initial prior that reads it.</summary>
    [TestMethod]
    [DataRow(ConditioningMode.Concatenate, false)]
    [DataRow(ConditioningMode.Concatenate, true)]
    [DataRow(ConditioningMode.Sum, false)]
    [DataRow(ConditioningMode.Sum, true)]
    public void ARowOfControlsActsOnItsOwnTransition(ConditioningMode mode, bool initialPrior)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(s_model with { Conditioning = new Conditioning { Mode = mode, InitialPrior = initialPrior } });
        for (int changed = 0; changed < 5; changed++)
        {
            float[] controls = Controls(5);
            var before = Priors(model, network, With(new SequenceInputs(Control, controls)));
            controls[changed * Control] += 1;
            var after = Priors(model, network, With(new SequenceInputs(Control, controls)));
            for (int t = 0; t < 5; t++)
                Assert.AreEqual(t == changed && (t > 0 || initialPrior), Differ(before[t], after[t]), $"row {changed} on step {t}");
        }
    }

    [TestMethod]
    public void OnlyTheFirstControlsAreRead()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(s_model with { Conditioning = new Conditioning { ControlCount = 1, InitialPrior = true } });
        foreach (int control in new[] { 0, 1 })
        {
            float[] controls = Controls(5);
            var before = Priors(model, network, With(new SequenceInputs(Control, controls)));
            controls[control] += 1;
            controls[3 * Control + control] += 1;
            var after = Priors(model, network, With(new SequenceInputs(Control, controls)));
            for (int t = 0; t < 5; t++)
                Assert.AreEqual(control == 0 && (t is 0 or 3), Differ(before[t], after[t]), $"control {control} on step {t}");
        }
    }

    [TestMethod]
    public void SummedControlsMoveTheStateBeforeTheTransition()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, _) = Make(s_model with { Conditioning = new Conditioning { Mode = ConditioningMode.Sum } });
        model.get_parameter("input.sum.bias")!.add_(0.3);
        var z = Normal(1, 4, 3);
        var u = Normal(2, 4, Control);
        var moved = z + matmul(u, model.get_parameter("input.sum.weight")!.t());
        var with = model.Prior(new Past(z, null, [], new StepInputs(u, null, zeros(4))), 4).Moments!.Value;
        var without = model.Prior(new Past(moved, null, [], new StepInputs(zeros_like(u), null, zeros(4))), 4).Moments!.Value;
        Assert.AreEqual(0, (with.Mean - without.Mean).abs().max().item<double>(), 1e-12);
        Assert.AreEqual(0, (with.Variance - without.Variance).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void OnlyTheGapMattersNotTheClock()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(s_model with { Conditioning = new Conditioning { Controls = false, TimeGap = true } });
        double At(params double[] times) => BySequence(model, network, [With(new SequenceInputs(Control, Controls(5), times))])[0];
        double unit = At(0, 1, 2, 3, 4);
        Assert.AreEqual(unit, At(100, 101, 102, 103, 104), 0.0);
        Assert.AreNotEqual(unit, At(0, 1, 2, 3, 5), 1e-6);
        Assert.AreNotEqual(unit, At(0, 2, 4, 6, 8), 1e-6);
    }

    /// <summary>Equal gaps are discrete time: what the transition adds for them is a bias.</summary>
    [TestMethod]
    public void AConstantGapIsABias()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        const double Gap = 0.7;
        var linear = s_model with { Transition = new LinearTransition() };
        var (timed, network) = Make(linear with { Conditioning = new Conditioning { Controls = false, TimeGap = true } });
        var (plain, _) = Make(linear);
        var weight = timed.get_parameter("transition.mean.weight")!;
        weight.narrow(1, 3, 1).copy_(Normal(4, 3, 1));
        foreach (var (name, parameter) in plain.named_parameters())
            parameter.copy_(name == "transition.mean.weight" ? weight.narrow(1, 0, 3) : timed.get_parameter(name)!);
        plain.get_parameter("transition.mean.bias")!.add_(weight.select(1, 3) * Gap);
        // Times count in doubles, gaps as Singles.
        var sequence = With(new SequenceInputs(Control, Controls(5), [.. Enumerable.Range(0, 5).Select(t => t * Gap)]));
        Assert.AreEqual(BySequence(timed, network, [sequence])[0], BySequence(plain, network, [sequence])[0], 1e-5);
    }

    /// <summary>DMM-Aug in the paper's alignment: p(z_t | z_{t−1}, x_{t−1}).</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AnAugmentedTransitionSeesTheObservationBeforeAndNoOther(bool augmented)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(s_model with { Augmented = augmented });
        float[] values = [.. Enumerable.Range(0, 10).Select(i => (float)Math.Sin(i))];
        var before = Priors(model, network, new Sequence(Observation, values, id: "one"));
        for (int changed = 0; changed < 5; changed++)
        {
            float[] other = [.. values];
            other[changed * Observation] += 1;
            var after = Priors(model, network, new Sequence(Observation, other, id: "one"));
            for (int t = 0; t < 5; t++)
                Assert.AreEqual(augmented && t == changed + 1, Differ(before[t], after[t]), $"x_{changed} on z_{t}");
        }
    }

    /// <summary>A missing x_{t−1} is drawn from p(x_{t−1} | z_{t−1}), dimension by dimension, and by its own stream of noise.</summary>
    [TestMethod]
    public void AMissingObservationIsTheModelsOwnSample()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, network) = Make(s_model with { Augmented = true });
        float[] values = [1, 2, 3, float.NaN, 5, 6];
        using var batch = SequenceBatch.Create([new Sequence(Observation, values, id: "one")], type: ScalarType.Float64);
        using var noise = new RowNoise(6, batch.NoiseKeys, 4, type: ScalarType.Float64);
        var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise);
        scan.Draw(0, withPrior: false);
        var second = scan.Draw(1, withPrior: false);
        var third = scan.Draw(2, withPrior: false);
        Assert.AreEqual(0, (second.Past.Observation! - tensor(new double[] { 1, 2 })).abs().max().item<double>(), 0.0);
        using var again = new RowNoise(6, batch.NoiseKeys, 4, type: ScalarType.Float64);
        again.UniformOfParticles(1, Observation, NoisePurpose.Feedback);
        var sample = model.Emission.Sample(second.Draw.Latent, again.UniformOfParticles(1, Observation, NoisePurpose.Feedback));
        CollectionAssert.AreEqual(new long[] { 4, 1, Observation }, third.Past.Observation!.shape);
        Assert.AreEqual(0, (third.Past.Observation[.., .., 0] - 3).abs().max().item<double>(), 0.0);
        Assert.AreEqual(0, (third.Past.Observation[.., .., 1] - sample[.., .., 1]).abs().max().item<double>(), 0.0);
        Assert.IsTrue(sample[.., .., 1].std().item<double>() > 0);
    }

    [TestMethod]
    public void OptionsThatMakeNoSenseAreNamed()
    {
        CollectionAssert.AreEqual(new[] { "Controls and TimeGap are both off; then there is nothing to condition on.", "InitialPrior reads the controls; set Controls." },
            new Conditioning { Controls = false, InitialPrior = true }.Validate().ToArray());
        StringAssert.StartsWith(new Conditioning { Mode = (ConditioningMode)7 }.Validate().Single(), "Mode is 7");
        var model = s_model with { Conditioning = new Conditioning { TimeGap = true } };
        CollectionAssert.AreEqual(new[] { "Generative reads controls; set ControlColumnName or StaticColumnName.", "Generative reads the time gap; set TimeColumnName." },
            model.FaultsWith(new DataShape(2)).ToArray());
        Assert.IsFalse(model.FaultsWith(new DataShape(2, 1, true)).Any());
        StringAssert.StartsWith(new Conditioning { ControlCount = 0 }.Validate().Single(), "ControlCount is 0");
        StringAssert.Contains((s_model with { Conditioning = new Conditioning { ControlCount = 3 } }).FaultsWith(new DataShape(2, 2)).Single(), "ControlCount is 3, but there are 2");
        StringAssert.StartsWith((model with { Conditioning = new Conditioning { Controls = false } }).Validate().Single(), "Conditioning.Controls");
    }

    private static DeepMarkovModel Variant(Conditioning conditioning, bool augmented, bool conditionalEmission) => s_model with
    {
        Conditioning = conditioning,
        Augmented = augmented,
        Emission = s_model.Emission with { ReadsPreviousObservation = conditionalEmission },
    };

    private static (GenerativeModule Model, InferenceModule Network) Make(DeepMarkovModel options)
    {
        var model = options.Create(new DataShape(Observation, Control, HasTimes: true), new Initializer(3));
        model.to(ScalarType.Float64);
        return (model, new Blind(options.LatentSize));
    }

    private static List<Sequence> Sequences(double missing)
    {
        var random = new Random(8);
        return [.. RandomSequences.Make(4, Observation, 6, missing).Select(s => new Sequence(Observation, Values(s), id: s.Id, inputs: new SequenceInputs(Control,
            [.. Enumerable.Range(0, (s.Steps + 2) * Control).Select(_ => (float)random.NextDouble() - 0.5f)],
            [.. Enumerable.Range(0, s.Steps + 2).Select(t => t + 0.5 * random.NextDouble())])))];
    }

    private static float[] Values(Sequence s) =>
        [.. Enumerable.Range(0, s.Steps * Observation).Select(i => s.IsObserved(i / Observation, i % Observation) ? s.Observations[i] : float.NaN)];

    private static Sequence Padded(Sequence s) => new(Observation, [.. Values(s), float.NaN, float.NaN], id: s.Id, inputs: s.Inputs);

    private static Sequence With(SequenceInputs inputs) =>
        new(Observation, Enumerable.Range(0, 5 * Observation).Select(i => (float)Math.Cos(i)).ToArray(), id: "one", inputs: inputs);

    private static float[] Controls(int steps) => [.. Enumerable.Range(0, steps * Control).Select(i => (float)Math.Sin(2 * i))];

    private static Tensor Normal(ulong seed, params long[] shape) => randn(shape, ScalarType.Float64, generator: new Generator(seed));

    private static Tensor[] Priors(GenerativeModule model, InferenceModule network, Sequence sequence)
    {
        using var batch = SequenceBatch.Create([sequence], type: ScalarType.Float64);
        using var noise = new RowNoise(1, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise);
        return [.. Enumerable.Range(0, batch.Steps).Select(t => scan.Draw(t, withPrior: true).Prior!.Moments!.Value.Mean)];
    }

    private static bool Differ(Tensor a, Tensor b) => (a - b).abs().max().item<double>() > 0;

    private static Tensor Elbo(GenerativeModule model, InferenceModule network, SequenceBatch batch)
    {
        using var noise = new RowNoise(7, batch.NoiseKeys, 0, type: ScalarType.Float64);
        return new Elbo().Evaluate(new BoundQuery(model, network, batch, noise)).Objective;
    }

    private static double[] BySequence(GenerativeModule model, InferenceModule network, List<Sequence> sequences)
    {
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        double[] rows = Elbo(model, network, batch).data<double>().ToArray();
        var result = new double[rows.Length];
        for (int b = 0; b < rows.Length; b++)
            result[batch.Order[b]] = rows[b];
        return result;
    }

    // q(z_t) = N(0.1, 0.8), whatever x is: then z tells nothing of what the model reads.
    private sealed class Blind(int latentSize) : InferenceModule("blind", readsMask: false)
    {
        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch);

        public override LatentDistribution Posterior(PosteriorQuery query) => new DiagonalGaussian(
            full([query.Rows.Count, latentSize], 0.1, ScalarType.Float64), full([query.Rows.Count, latentSize], 0.8, ScalarType.Float64));
    }
}
