using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

/// <summary>Gradients of the particle bounds in float64.</summary>
[TestClass]
public class ParticleGradientTests
{
    private const int Size = 3;

    private static readonly Dictionary<string, ParticleBound> s_bounds = new()
    {
        ["iwae"] = new Iwae { Samples = 4 },
        ["fivo-systematic"] = new Fivo { Samples = 4, Criterion = ResamplingCriterion.Always },
        ["fivo-ess"] = new Fivo { Samples = 6, Criterion = new EffectiveSampleSizeCriterion { Threshold = 0.9 } },
        ["fivo-multinomial"] = new Fivo { Samples = 4, Criterion = new EveryNCriterion(), Resampling = new MultinomialResampling() },
        ["fivo-stratified"] = new Fivo { Samples = 4, Criterion = ResamplingCriterion.Always, Resampling = new StratifiedResampling() },
        ["fivo-relaxed"] = new Fivo { Samples = 4, Criterion = ResamplingCriterion.Always, Resampling = new RelaxedResampling() },
        ["fivo-tilt"] = new Fivo { Samples = 4, Criterion = ResamplingCriterion.Always, Tilt = new TiltNetwork { HiddenSize = 5, LearnsFrom = TiltLearning.Bound } },
        ["fivo-relaxed-tilt"] = new Fivo { Samples = 3, Criterion = ResamplingCriterion.Always, Resampling = new RelaxedResampling(), Tilt = new TiltNetwork { HiddenSize = 5, LearnsFrom = TiltLearning.Bound } },
        ["aesmc"] = new Aesmc { Samples = 4 },
    };

    public static IEnumerable<object[]> Names => s_bounds.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void AgreeWithFiniteDifferencesAtTheSameDraws(string name)
    {
        using var scope = NewDisposeScope();
        var bound = s_bounds[name];
        using var networks = Make(bound);
        using var batch = SequenceBatch.Create(RandomSequences.Make(4, Size, 5, missing: 0.2), type: ScalarType.Float64);
        var parameters = networks.Generative.named_parameters().Concat(networks.Inference.named_parameters());
        FiniteDifferences.AssertGradients(parameters.Concat(networks.Tilt?.named_parameters() ?? []),
            () => bound.Evaluate(Query(networks, batch, bound.Samples) with { KlWeight = 0.7 }).Objective.sum(), perParameter: 3);
    }

    // Every way in which two particles can choose ancestors twice, as rows of one batch: the expectation is a finite sum.
    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-2.5)]
    public void TheScoreFunctionMakesTheGradientThatOfTheExpectation(double baseline)
    {
        using var scope = NewDisposeScope();
        using var networks = Make(new Iwae());
        var sequence = RandomSequences.Make(1, Size, 3)[0];
        using var batch = SequenceBatch.Create([.. Enumerable.Repeat(sequence, 16)], type: ScalarType.Float64);
        Tensor Expectation(bool scores)
        {
            using var state = new ReturnBaseline(0.9);
            state.Update(tensor(3 * baseline), tensor(3.0));
            var weights = new List<Tensor>();
            var query = new ParticleQuery(networks.Generative, networks.Inference, batch, new EveryChoice())
            {
                Criterion = ResamplingCriterion.Always,
                Resampling = new MultinomialResampling(),
                Baseline = scores ? state : null,
                Observer = step => weights.Add(step.LogWeights.alias().DetachFromDisposeScope()),
            };
            var terms = ParticleLoop.Run(query);
            var probability = Enumerable.Range(0, 2).Select(t => weights[t].log_softmax(-1).gather(-1, EveryChoice.Ancestors(t)).sum(-1))
                .Aggregate((a, b) => a + b).exp();
            Assert.AreEqual(1, probability.sum().item<double>(), 1e-12);
            return !is_grad_enabled() ? (probability * terms.LogEvidence).sum()
                : (probability.detach() * (scores ? terms.LogEvidence + terms.Surrogate! : terms.LogEvidence)).sum();
        }
        var parameters = networks.Generative.named_parameters().Concat(networks.Inference.named_parameters()).ToList();
        FiniteDifferences.AssertGradients(parameters, () => Expectation(scores: true));
        // Without the score function it is another one: biased, as published.
        Assert.ThrowsExactly<AssertFailedException>(() => FiniteDifferences.AssertGradients(parameters, () => Expectation(scores: false)));
    }

    [TestMethod]
    public void TheScoreFunctionLeavesTheValueAndLearnsItsBaseline()
    {
        using var scope = NewDisposeScope();
        var bound = new Fivo { Samples = 4, Criterion = ResamplingCriterion.Always, Resampling = new MultinomialResampling(), ScoreFunctionGradient = true };
        using var networks = Make(bound);
        using var batch = SequenceBatch.Create(RandomSequences.Make(4, Size, 5), type: ScalarType.Float64);
        using var state = (ReturnBaseline)bound.CreateState()!;
        var with = bound.Evaluate(Query(networks, batch, 4) with { State = state }).Objective;
        var without = (bound with { ScoreFunctionGradient = false }).Evaluate(Query(networks, batch, 4)).Objective;
        Assert.AreEqual(0, (with - without).abs().max().item<double>(), 1e-12);
        double baseline = state.On(CPU).item<double>();
        Assert.IsTrue(baseline is < -1 and > -100, $"{baseline}");
        Assert.IsNull(new Fivo().CreateState());
    }

    [TestMethod]
    public void TheAlternatingVariantKeepsItsTwoGradientsApart()
    {
        using var scope = NewDisposeScope();
        using var networks = Make(new Iwae());
        using var batch = SequenceBatch.Create(RandomSequences.Make(4, Size, 5), type: ScalarType.Float64);
        var (generative, inference) = (networks.Generative.parameters().Where(p => p.requires_grad).ToArray(), networks.Inference.parameters().ToArray());
        double[][] Gradients(ParticleBound bound, Parameter[] of)
        {
            foreach (var parameter in generative.Concat(inference))
                parameter.grad = null;
            bound.Evaluate(new BoundQuery(networks.Generative, networks.Inference, batch, new SameDraws(bound.Samples))).Objective.sum().backward();
            return [.. of.Select(p => p.grad!.reshape(-1).data<double>().ToArray())];
        }
        var whole = new Aesmc { Samples = 6 };
        var apart = whole with { InferenceSamples = 2 };
        AssertSame(Gradients(whole, generative), Gradients(apart, generative));
        AssertSame(Gradients(new Iwae { Samples = 2 }, inference), Gradients(apart, inference));
        AssertSame(Gradients(new Aesmc { Samples = 2 }, inference), Gradients(apart with { InferenceResamples = true }, inference));
        Assert.AreNotEqual(Gradients(whole, inference)[0][0], Gradients(apart, inference)[0][0], 1e-9);
        Assert.IsTrue(generative.All(p => p.requires_grad) && inference.All(p => p.requires_grad), "nothing stays frozen");
    }

    [TestMethod]
    public void NormalizationPerSequenceGivesEverySequenceTheSameSay()
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create([new Sequence(1, [1, 2, 3]), new Sequence(1, [1])]);
        var objective = tensor(new[] { -6f, -4f });
        Assert.AreEqual(-10 / 4.0, new Elbo().Average(objective, batch, steps: 4, rows: 2).item<float>(), 1e-6);
        Assert.AreEqual((-2 - 4) / 2.0, new Elbo { Normalization = BoundNormalization.PerSequence }.Average(objective, batch, steps: 4, rows: 2).item<float>(), 1e-6);
    }

    [TestMethod]
    public void OptionsThatChangeNothingAreRefused()
    {
        StringAssert.StartsWith(new Fivo { ScoreFunctionGradient = true, Resampling = new MultinomialResampling(), Criterion = ResamplingCriterion.Never }.Validate().Single(), "ScoreFunctionGradient changes nothing");
        foreach (ResamplingScheme scheme in new ResamplingScheme[] { new RelaxedResampling(), new SystematicResampling(), new StratifiedResampling() })
            StringAssert.Contains(new Fivo { ScoreFunctionGradient = true, Resampling = scheme }.Validate().Single(), "'Multinomial'");
        StringAssert.StartsWith(new Aesmc { Samples = 4, InferenceSamples = 5 }.Validate().Single(), "InferenceSamples is 5");
        StringAssert.StartsWith(new Aesmc { InferenceResamples = true }.Validate().Single(), "InferenceResamples is set");
        StringAssert.StartsWith(new Fivo { Criterion = new EffectiveSampleSizeCriterion { Threshold = 0 } }.Validate().Single(), "Criterion.Threshold is 0");
        StringAssert.StartsWith(new Fivo { Criterion = new EveryNCriterion { Every = 0 } }.Validate().Single(), "Criterion.Every is 0");
        StringAssert.StartsWith(new Fivo { Criterion = new StepsCriterion { Steps = [-1] } }.Validate().Single(), "Criterion.Steps holds -1");
        StringAssert.StartsWith(new Fivo { Resampling = new RelaxedResampling { Temperature = 0 } }.Validate().Single(), "Resampling.Temperature is 0");
    }

    private static void AssertSame(double[][] expected, double[][] actual)
    {
        for (int i = 0; i < expected.Length; i++)
            for (int k = 0; k < expected[i].Length; k++)
                Assert.AreEqual(expected[i][k], actual[i][k], 1e-10);
    }

    private static StateSpaceNetworks Make(Bound bound)
    {
        var model = new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 4 }, Emission = new GaussianEmission { HiddenSize = 4 } };
        var networks = new ModelParts(model, new StructuredInference { HiddenSize = 4, Cell = RnnCell.Gru }, new FilteringProposal(), new DataShape(Size), ReadsMask: true)
        {
            Bound = bound,
        }.Create(11);
        networks.to(ScalarType.Float64);
        using var guard = no_grad();
        // Away from where they begin: a bias of 0 is a kink of ReLU wherever a whole step is missing, and a new tilt is flat.
        foreach (var parameter in networks.parameters())
            parameter.add_(0.1);
        return networks;
    }

    private static BoundQuery Query(StateSpaceNetworks networks, SequenceBatch batch, int particles) =>
        new(networks.Generative, networks.Inference, batch, new RowNoise(7, batch.NoiseKeys, particles, type: ScalarType.Float64)) { Tilt = networks.Tilt };

    /// <summary>Draws that depend on the particle alone, never on how often they are asked for.</summary>
    private sealed class SameDraws(int particles) : NoiseSource
    {
        public override int Particles => particles;

        public override Tensor Normal(int rows, int size, NoisePurpose purpose) => randn([8, rows, size], ScalarType.Float64, generator: new Generator(9)).narrow(0, 0, particles);

        public override Tensor Uniform(int rows, int size, NoisePurpose purpose) => rand([rows, 8], ScalarType.Float64, generator: new Generator(9)).narrow(1, 0, size);

        public override void Dispose()
        {
        }
    }

    /// <summary>The same draws of z for 16 rows, whose two particles choose their ancestors in all 16 ways.</summary>
    private sealed class EveryChoice : NoiseSource
    {
        private readonly Generator _generator = new(5);
        private int _draws;

        public override int Particles => 2;

        public static Tensor Ancestors(int draw) =>
            tensor([.. Enumerable.Range(0, 16).SelectMany(r => new long[] { r >> (2 * draw) & 1, r >> (2 * draw + 1) & 1 })], [16, 2]);

        public override Tensor Normal(int rows, int size, NoisePurpose purpose) =>
            randn([2, 1, size], ScalarType.Float64, generator: _generator).expand(2, rows, size);

        public override Tensor Uniform(int rows, int size, NoisePurpose purpose) =>
            Ancestors(_draws++).to(ScalarType.Float64) * (1 - 2e-9) + 1e-9;

        public override void Dispose() => _generator.Dispose();
    }
}
