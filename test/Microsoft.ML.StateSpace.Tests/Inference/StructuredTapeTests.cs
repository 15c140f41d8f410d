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

namespace Microsoft.ML.StateSpace.Tests.Inference;

/// <summary>Structured inference on a tape against its posterior step by step.</summary>
[TestClass]
public class StructuredTapeTests
{
    private const int Latent = 2, Observation = 3;

    private static readonly GenerativeModel[] s_models =
    [
        new DeepMarkovModel { LatentSize = Latent, Transition = new GatedTransition { HiddenSize = 4 } },
        new DeepMarkovModel { LatentSize = Latent, Transition = new MlpTransition { HiddenSize = 4 }, Emission = new GaussianEmission { HiddenSize = 4 } },
        new LinearGaussianModel { LatentSize = Latent },
    ];

    public static IEnumerable<object[]> Cases =>
        from model in Enumerable.Range(0, s_models.Length)
        from direction in Enum.GetValues<Direction>()
        from convention in Enum.GetValues<VarianceConvention>()
        from type in new[] { ScalarType.Float32, ScalarType.Float64 }
        select new object[] { model, direction, convention, type };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void BoundsAndGradientsAreThoseStepByStep(int model, Direction direction, VarianceConvention convention, ScalarType type)
    {
        var network = new StructuredInference
        {
            Direction = direction, Cell = RnnCell.Gru, HiddenSize = 5, LearnInitialLatent = direction != Direction.Both,
            Variance = new() { Convention = convention, RawBias = 0.2, Least = convention == VarianceConvention.Scale ? 0.6 : 0.1 },
        };
        AssertEqual(s_models[model], network, new Elbo(), type, start: false);
        AssertEqual(s_models[model], network, new Elbo { SampledKl = true }, type, start: true);
    }

    /// <summary>What a window ends in is what the next one begins with, whichever way it was drawn.</summary>
    [TestMethod]
    public void AWindowEndsInTheSameState()
    {
        using var scope = NewDisposeScope();
        var (model, network, batch) = Make(s_models[0], new StructuredInference { HiddenSize = 5 }, ScalarType.Float64);
        Tensor End(bool apart)
        {
            using var apartness = Affine.RowsApart(apart);
            Tensor? end = null;
            new Elbo().Evaluate(Query(model, network, batch, null) with { End = state => end = state.Latent.detach().KeepIn(scope) });
            return end!;
        }
        Closeness.AssertRelative([("end", End(apart: true), End(apart: false))], ScalarType.Float64);
    }

    private static void AssertEqual(GenerativeModel options, StructuredInference network, Bound bound, ScalarType type, bool start)
    {
        using var scope = NewDisposeScope();
        var (model, inference, batch) = Make(options, network, type);
        using (batch)
        {
            var state = start ? new ModelState(randn([batch.Count, Latent], type, generator: new Generator(5))) : null;
            var expected = Gradients(apart: true);
            AssertNear(Gradients(apart: false));
            using (HostMemory.StandIn())
                AssertNear(Gradients(apart: false));

            void AssertNear(Dictionary<string, Tensor> actual)
            {
                CollectionAssert.AreEquivalent(expected.Keys, actual.Keys);
                Closeness.AssertRelative([.. expected.Select(e => (e.Key, e.Value, actual[e.Key]))], type);
            }

            Dictionary<string, Tensor> Gradients(bool apart)
            {
                using var apartness = Affine.RowsApart(apart);
                model.zero_grad();
                inference.zero_grad();
                var value = bound.Evaluate(Query(model, inference, batch, state)).Objective;
                value.sum().backward();
                return model.named_parameters().Concat(inference.named_parameters()).Where(p => p.parameter.grad is not null)
                    .Select(p => (p.name, Value: p.parameter.grad!.clone())).Append(("bound", value.detach())).ToDictionary();
            }
        }
    }

    private static (GenerativeModule, InferenceModule, SequenceBatch) Make(GenerativeModel options, StructuredInference network, ScalarType type)
    {
        var batch = SequenceBatch.Create(RandomSequences.Make(5, Observation, 7), type: type);
        var initializer = new Initializer(4);
        var model = options.Create(new DataShape(Observation), initializer);
        var inference = network.Create(model, false, initializer);
        model.to(type);
        inference.to(type);
        using var guard = no_grad();
        using var noise = new Generator(7);
        foreach (var parameter in inference.parameters())
            parameter.add_(randn(parameter.shape, type, generator: noise), 0.3);
        return (model, inference, batch);
    }

    private static BoundQuery Query(GenerativeModule model, InferenceModule inference, SequenceBatch batch, ModelState? start) =>
        new(model, inference, batch, new StepwiseNoise(0, batch.Type)) { Start = start };
}
