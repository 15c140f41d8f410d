using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>The contract tables: a row per part, whose tests it inherits.</summary>
internal static class Parts
{
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
        ["exact-filtering"] = new ExactInference { Direction = Direction.Forward },
        ["exact-smoothing"] = new ExactInference(),
        ["per-step-linear-filtering"] = new PerStepLinearInference { Direction = Direction.Forward, Steps = 4 },
        ["per-step-linear-smoothing"] = new PerStepLinearInference { Steps = 5 },
    };

    /// <summary>The models whose inference is exact.</summary>
    public static readonly IReadOnlyDictionary<string, LinearGaussianModel> LinearGaussianModels = new Dictionary<string, LinearGaussianModel>
    {
        ["linear-gaussian"] = new(),
        ["linear-gaussian-diagonal"] = new() { DiagonalCovariances = true },
    };

    /// <summary>Every linear-Gaussian model with proposals that are exact, learned step by step, and networks.</summary>
    public static IEnumerable<object[]> LinearGaussianCombinations =>
        from model in LinearGaussianModels.Keys
        from network in new[] { "st-r-lstm", "mf-lr-gru", "avf-gradient", "exact-filtering", "exact-smoothing", "per-step-linear-filtering", "per-step-linear-smoothing" }
        select new object[] { model, "gaussian", network };

    /// <summary>Every part once, the others fixed; and every inference network with every emission.</summary>
    public static IEnumerable<object[]> Combinations =>
        from emission in Emissions.Keys
        from network in Networks.Keys
        from transition in Transitions.Keys
        where transition == "gated" || (network == "st-r-lstm" && emission == "gaussian")
        where !Networks[network].FaultsWith(Model(transition, emission)).Any()
        select new object[] { transition, emission, network };

    public static GenerativeModel Model(string transition, string emission, int latentSize = 3) =>
        LinearGaussianModels.TryGetValue(transition, out var linear) ? linear with { LatentSize = latentSize } : new DeepMarkovModel { LatentSize = latentSize, Transition = Transitions[transition], Emission = Emissions[emission] };
}
