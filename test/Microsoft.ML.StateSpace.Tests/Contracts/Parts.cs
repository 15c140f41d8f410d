using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>The contract tables: a row per part, whose tests it inherits.</summary>
internal static class Parts
{
    /// <summary>A generative model of a combination.</summary>
    /// <param name="Make">From its emission; null where it has its own.</param>
    /// <param name="HasOwnEmission">Whether the emission is the model's own.</param>
    public sealed record ModelPart(Func<Emission?, GenerativeModel> Make, bool HasOwnEmission = false);

    public static readonly IReadOnlyDictionary<string, ModelPart> Models = new Dictionary<string, ModelPart>
    {
        ["dmm-gated"] = Dmm(new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 3 } }),
        ["dmm-mlp"] = Dmm(new DeepMarkovModel { LatentSize = 2, Transition = new MlpTransition { HiddenSize = 3 } }),
        ["dmm-linear"] = Dmm(new DeepMarkovModel { LatentSize = 2, Transition = new LinearTransition() }),
        ["dmm-controls"] = Dmm(new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 3 }, Conditioning = new Conditioning { InitialPrior = true } }),
        ["dmm-controls-sum-gap"] = Dmm(new DeepMarkovModel { LatentSize = 2, Transition = new MlpTransition { HiddenSize = 3 }, Conditioning = new Conditioning { Mode = ConditioningMode.Sum, TimeGap = true } }),
        ["dmm-aug"] = Dmm(new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 3 }, Augmented = true }),
    };

    public static readonly IReadOnlyDictionary<string, Bound> Bounds = new Dictionary<string, Bound>
    {
        ["elbo"] = new Elbo(),
        ["elbo-sampled-kl"] = new Elbo { SampledKl = true, Samples = 2, KlWarmUpUpdates = 2 },
    };

    private static ModelPart Dmm(DeepMarkovModel model) => new(emission => model with { Emission = emission! });

    public static readonly IReadOnlyDictionary<string, Transition> Transitions = new Dictionary<string, Transition>
    {
        ["gated"] = new GatedTransition { HiddenSize = 5 },
        ["mlp"] = new MlpTransition { HiddenSize = 5, HiddenLayers = 2, Activation = Activation.Tanh },
        ["linear"] = new LinearTransition(),
    };

    public static readonly IReadOnlyDictionary<string, Emission> Emissions = new Dictionary<string, Emission>
    {
        ["bernoulli"] = new BernoulliEmission { HiddenSize = 6 },
        ["gaussian"] = new GaussianEmission { HiddenSize = 6, Activation = Activation.Elu },
        ["gaussian-common-variance"] = new GaussianEmission { HiddenLayers = 0, VarianceDependsOnLatent = false },
    };

    /// <summary>The models that have no transition of their own.</summary>
    public static readonly IReadOnlyDictionary<string, RecurrentModel> PathModels = new Dictionary<string, RecurrentModel>
    {
        ["vrnn-lstm"] = new VrnnModel { HiddenSize = 5, EncoderSize = 4, PriorSize = 6, Activation = Activation.Elu },
        ["vrnn-rnn-conditional"] = new VrnnModel
        {
            Cell = RnnCell.Rnn, HiddenSize = 5, EncoderSize = 4, EncoderLayers = 2, PriorLayers = 0, Activation = Activation.Softplus,
        },
        ["srnn-gru"] = new SrnnModel
        {
            Cell = RnnCell.Gru, HiddenSize = 5, EncoderSize = 4, PriorSize = 6, Activation = Activation.Tanh,
            Variance = new VarianceParameterisation { Convention = VarianceConvention.Scale, RawBias = 0.5, Least = 1e-4 },
        },
        ["srnn-lstm-plain"] = new SrnnModel { HiddenSize = 5, EncoderLayers = 0, PriorLayers = 0 },
    };

    public static readonly IReadOnlyDictionary<string, InferenceNetwork> Networks = new Dictionary<string, InferenceNetwork>
    {
        ["st-r-lstm"] = new StructuredInference { Direction = Direction.Backward, Cell = RnnCell.Lstm, HiddenSize = 6 },
        ["st-r-rnn-two-layers"] = new StructuredInference { Direction = Direction.Backward, Cell = RnnCell.Rnn, HiddenSize = 6, Layers = 2 },
        ["st-l-gru"] = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 6 },
        ["st-lr-rnn"] = new StructuredInference { Direction = Direction.Both, Cell = RnnCell.Rnn, HiddenSize = 6, EmbeddingSize = 0 },
        ["mf-l-lstm"] = new MeanFieldInference { Direction = Direction.Forward, Cell = RnnCell.Lstm, HiddenSize = 6 },
        ["mf-r-gru"] = new MeanFieldInference { Direction = Direction.Backward, Cell = RnnCell.Gru, HiddenSize = 6 },
        ["avf-gradient"] = new IterativeInference { Iterations = 2, HiddenSize = 8 },
        ["avf-error-observation"] = new IterativeInference { Encoding = IterativeEncoding.Error, ReadsObservation = true, HiddenSize = 8, LayerNorm = false },
        ["avf-direct"] = new IterativeInference { Encoding = IterativeEncoding.Direct, HiddenSize = 8, HiddenLayers = 1 },
        ["avf-learned-sgd-points"] = new IterativeInference { Update = IterativeUpdate.LearnedSgd, Samples = 0, HiddenSize = 8 },
        ["mf-lr-gru"] = new MeanFieldInference { Direction = Direction.Both, Cell = RnnCell.Gru, HiddenSize = 6 },
        ["prior"] = new PriorProposal(),
        ["filtering-path"] = new FilteringPathProposal { HiddenSize = 6, HiddenLayers = 2, Activation = Activation.Tanh },
        ["filtering-path-res"] = new FilteringPathProposal
        {
            HiddenSize = 6, AddsPriorMean = true, Variance = new VarianceParameterisation { Convention = VarianceConvention.Scale, RawBias = 0.5 },
        },
        ["smoothing-path"] = new SmoothingPathProposal { HiddenSize = 6, RecurrentSize = 5 },
    };

    /// <summary>Every part once, the others fixed; and every inference network with every emission.</summary>
    public static IEnumerable<object[]> Combinations =>
        from emission in Emissions.Keys
        from network in Networks.Keys
        from transition in Transitions.Keys
        where transition == "gated" || (network == "st-r-lstm" && emission == "gaussian")
        select new object[] { transition, emission, network };

    /// <summary>Every model with a path: with every inference network, and one of them with every emission.</summary>
    public static IEnumerable<object[]> PathCombinations =>
        from model in PathModels.Keys
        from emission in Emissions.Keys
        from network in Networks.Keys
        where emission == (model.StartsWith("vrnn", StringComparison.Ordinal) ? "bernoulli" : "gaussian") || network == "smoothing-path"
        select new object[] { model, emission, network };

    public static GenerativeModel Model(string model, string emission, int latentSize = 3) => PathModels.TryGetValue(model, out var path)
        ? path with { LatentSize = latentSize, Emission = Emissions[emission] with { ReadsPreviousObservation = model.EndsWith("conditional", StringComparison.Ordinal) } }
        : new DeepMarkovModel { LatentSize = latentSize, Transition = Transitions[model], Emission = Emissions[emission] };
}
