using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

/// <summary>Paths, particles and their gradients on a tape, in plain numbers and by LibTorch's operations, against the modules called step by step.</summary>
[TestClass]
public class TapedScanTests
{
    private const int Latent = 2, Observation = 3;

    private static readonly Dictionary<string, GenerativeModel> s_models = new()
    {
        ["VRNN"] = new VrnnModel { Emission = new GaussianEmission { HiddenSize = 4 } },
        ["VRNN, scales"] = new VrnnModel { EncoderLayers = 2, Activation = Activation.Elu, Variance = new() { Convention = VarianceConvention.Scale, RawBias = 0.2, Least = 0.7 } },
        ["VRNN, no layers"] = new VrnnModel { EncoderLayers = 0, PriorLayers = 0 },
        ["VRNN, NADE"] = new VrnnModel { Emission = new NadeEmission { HiddenSize = 4 }, Activation = Activation.Softplus },
        ["VRNN, x before"] = new VrnnModel { Emission = new GaussianEmission { ReadsPreviousObservation = true, VarianceDependsOnLatent = false } },
        ["SRNN"] = new SrnnModel { PriorLayers = 2, Activation = Activation.Tanh },
        ["SRNN, no layers"] = new SrnnModel { EncoderLayers = 0, PriorLayers = 0 },
    };

    private static readonly Dictionary<string, InferenceNetwork> s_networks = new()
    {
        ["filtering"] = new FilteringPathProposal { HiddenSize = 5 },
        ["filtering, of the prior"] = new FilteringPathProposal
        {
            HiddenSize = 5, HiddenLayers = 2, AddsPriorMean = true, Activation = Activation.Tanh,
            Variance = new() { Convention = VarianceConvention.Scale, RawBias = 0.2, Least = 0.6 },
        },
        ["smoothing"] = new SmoothingPathProposal { HiddenSize = 5, RecurrentSize = 4 },
        ["iterative"] = new IterativeInference { HiddenSize = 6, Iterations = 2 },
        ["iterative, draws"] = new IterativeInference { HiddenSize = 6, Update = IterativeUpdate.LearnedSgd, Samples = 3 },
        ["iterative, errors"] = new IterativeInference { HiddenSize = 6, Encoding = IterativeEncoding.Error, ReadsObservation = true, Samples = 0, LayerNorm = false },
    };

    private static readonly Dictionary<string, Bound> s_bounds = new()
    {
        ["ELBO"] = new Elbo(),
        ["ELBO, 3 samples"] = new Elbo { Samples = 3, SampledKl = true },
        ["IWAE"] = new Iwae { Samples = 3 },
        ["FIVO"] = new Fivo { Samples = 4 },
        ["FIVO, always"] = new Fivo { Samples = 4, Criterion = ResamplingCriterion.Always, Resampling = new MultinomialResampling() },
        ["FIVO, every other"] = new Fivo { Samples = 4, Criterion = new EveryNCriterion { Every = 2 }, Resampling = new StratifiedResampling() },
        ["AESMC, alternating"] = new Aesmc { Samples = 4, InferenceSamples = 2 },
    };

    public static IEnumerable<object[]> Cases =>
        from model in s_models.Keys
        from network in s_networks.Keys
        where !s_networks[network].FaultsWith(s_models[model]).Any()
        from bound in s_bounds.Keys
        select new object[] { model, network, bound };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void BoundsAndGradientsAreThoseStepByStep(string model, string network, string bound)
    {
        var cells = Enum.GetValues<RnnCell>();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
            foreach (var cell in bound == "FIVO" ? cells : cells.Take(1))
                AssertEqual((RecurrentModel)s_models[model] with { LatentSize = Latent, Cell = cell, HiddenSize = 4, EncoderSize = 3, PriorSize = 5 },
                    s_networks[network], s_bounds[bound], type);
    }

    /// <summary>What a window ends in is what the next one begins with, whichever way it was drawn.</summary>
    [TestMethod]
    [DataRow("VRNN", "ELBO")]
    [DataRow("VRNN", "FIVO, always")]
    [DataRow("SRNN", "ELBO, 3 samples")]
    public void AWindowEndsInTheSameState(string model, string bound)
    {
        using var scope = NewDisposeScope();
        var (generative, inference, batch) = Make(s_models[model], s_networks["filtering"], ScalarType.Float64);
        using (batch)
        {
            (string, Tensor)[] End(bool apart)
            {
                using var apartness = Affine.RowsApart(apart);
                (string, Tensor)[] end = [];
                s_bounds[bound].Evaluate(Query(generative, inference, batch, s_bounds[bound]) with
                {
                    KlWeight = 1,
                    End = state => end = [("latent", Kept(state.Latent)), ("observation", Kept(state.Observation!)), .. state.Path.Select((part, i) => ($"path{i}", Kept(part)))],
                });
                return end;
            }
            Tensor Kept(Tensor part) => part.detach().clone().KeepIn(scope);
            var (expected, actual) = (End(apart: true), End(apart: false));
            Closeness.AssertRelative([.. expected.Zip(actual, (e, a) => (e.Item1, e.Item2, a.Item2.expand_as(e.Item2)))], ScalarType.Float64);
        }
    }

    /// <summary>A network that learns at every step takes the same steps; the model's gradient through q is exactly zero either way.</summary>
    [TestMethod]
    [DataRow("SRNN", "iterative")]
    [DataRow("VRNN", "iterative, draws")]
    [DataRow("VRNN, x before", "iterative, errors")]
    public void ANetworkThatLearnsByItselfLearnsTheSame(string model, string network)
    {
        using var scope = NewDisposeScope();
        (string, Tensor)[] Learned(bool apart)
        {
            var (generative, inference, batch) = Make(s_models[model], s_networks[network], ScalarType.Float64);
            using var _ = batch;
            using var apartness = Affine.RowsApart(apart);
            inference.train();
            var before = inference.named_parameters().Select(p => p.parameter.detach().clone()).ToArray();
            using (inference.BeginLearning(() => 1))
                for (int update = 0; update < 3; update++)
                    new Elbo().Evaluate(Query(generative, inference, batch, new Elbo())).Objective.sum().backward();
            Assert.IsTrue(inference.parameters().Zip(before).All(pair => (pair.First - pair.Second).abs().max().item<double>() > 1e-4));
            return [.. inference.named_parameters().Select(p => (p.name, p.parameter.detach())), .. generative.named_parameters()
                .Where(p => p.parameter.grad is not null).Select(p => ($"gradient of {p.name}", p.parameter.grad!))];
        }
        var (expected, actual) = (Learned(apart: true), Learned(apart: false));
        CollectionAssert.AreEqual(expected.Select(e => e.Item1).ToArray(), actual.Select(a => a.Item1).ToArray());
        Closeness.AssertRelative([.. expected.Zip(actual, (e, a) => (e.Item1, e.Item2, a.Item2))], ScalarType.Float64);
    }

    /// <summary>The plain path and the tape are two: the cases above compare something.</summary>
    [TestMethod]
    public void TheTapeIsTaken()
    {
        using var scope = NewDisposeScope();
        var (model, inference, batch) = Make(s_models["VRNN"], s_networks["filtering"], ScalarType.Float32);
        using (batch)
        using (var noise = new BatchNoise(new Generator(2), 4))
        {
            TapedScan? Lay() => TapedScan.Lay(model, inference, inference.Encode(batch, null), noise, null);
            Assert.IsNotNull(Lay());
            using (Affine.RowsApart())
                Assert.IsNull(Lay());
            using (no_grad())
                Assert.IsNull(Lay());
        }
    }

    private static void AssertEqual(GenerativeModel options, InferenceNetwork network, Bound bound, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (model, inference, batch) = Make(options, network, type);
        using (batch)
        {
            AssertNear();
            // Where nobody looks whether to resample, noise is drawn for it at every step.
            using (HostMemory.StandIn())
                AssertNear();

            void AssertNear()
            {
                Dictionary<string, Tensor> expected = Results(apart: true), actual = Results(apart: false);
                CollectionAssert.AreEquivalent(expected.Keys, actual.Keys);
                Closeness.AssertRelative([.. expected.Select(e => (e.Key, e.Value, actual[e.Key]))], type);
            }

            Dictionary<string, Tensor> Results(bool apart)
            {
                using var apartness = Affine.RowsApart(apart);
                model.zero_grad();
                inference.zero_grad();
                var terms = bound.Evaluate(Query(model, inference, batch, bound));
                terms.Objective.sum().backward();
                return model.named_parameters().Concat(inference.named_parameters().Select(p => ($"q.{p.name}", p.parameter))).Where(p => p.parameter.grad is not null)
                    .Select(p => (p.Item1, Value: p.parameter.grad!.clone()))
                    .Concat([("bound", terms.Objective.detach()), ("fit", terms.LogLikelihood.detach()), ("kl", terms.Kl.detach())]).ToDictionary();
            }
        }
    }

    private static (GenerativeModule, InferenceModule, SequenceBatch) Make(GenerativeModel options, InferenceNetwork network, ScalarType type)
    {
        var batch = SequenceBatch.Create(RandomSequences.Make(5, Observation, 7), type: type);
        var initializer = new Initializer(4);
        var model = options.Create(new DataShape(Observation), initializer);
        var inference = network.Create(model, false, initializer);
        model.to(type);
        inference.to(type);
        using var guard = no_grad();
        using var noise = new Generator(7);
        foreach (var parameter in model.parameters().Concat(inference.parameters()))
            parameter.add_(randn(parameter.shape, type, generator: noise), 0.3);
        return (model, inference, batch);
    }

    private static BoundQuery Query(GenerativeModule model, InferenceModule inference, SequenceBatch batch, Bound bound) =>
        new(model, inference, batch, new StepwiseNoise(bound.TrainingParticles, batch.Type)) { KlWeight = 0.7 };
}
