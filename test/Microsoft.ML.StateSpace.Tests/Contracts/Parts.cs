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
        ["parallel-gated"] = new ParallelGatedTransition { HiddenSize = 5, HiddenLayers = 2, OwnVarianceStack = true },
        ["parallel-gated-common-variance"] = new ParallelGatedTransition { HiddenSize = 5, VarianceDependsOnLatent = false, Activation = Activation.Tanh },
        ["function"] = new FunctionTransition { Function = TestFunctions.Damped, Variance = [0.5, 1, 2], LearnVariance = true },
    };

    public static readonly IReadOnlyDictionary<string, Emission> Emissions = new Dictionary<string, Emission>
    {
        ["bernoulli"] = new BernoulliEmission { HiddenSize = 6 },
        ["gaussian"] = new GaussianEmission { HiddenSize = 6, Activation = Activation.Elu },
        ["gaussian-common-variance"] = new GaussianEmission { HiddenLayers = 0, VarianceDependsOnLatent = false },
        ["function"] = new FunctionEmission { Function = TestFunctions.Spread },
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
        ["flow-st-r"] = new FlowInference
        {
            Base = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 6 }, Flows = 2, HiddenSize = 7,
        },
        ["flow-conditional-prior-product-mf-l"] = new FlowInference
        {
            Base = new PriorProductInference { Base = new MeanFieldInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 6 } },
            Conditional = true, HiddenSize = 7, HiddenLayers = 2, Flows = 3,
        },
        ["flow-avf"] = new FlowInference { Base = new IterativeInference { HiddenSize = 8 }, HiddenSize = 6 },
        ["prior-product-st-lr"] = new PriorProductInference
        {
            Base = new StructuredInference { Direction = Direction.Both, Cell = RnnCell.Rnn, HiddenSize = 6 },
        },
        ["mf-lr-gru"] = new MeanFieldInference { Direction = Direction.Both, Cell = RnnCell.Gru, HiddenSize = 6 },
    };

    /// <summary>Every part once, the others fixed; and every inference network with every emission.</summary>
    public static IEnumerable<object[]> Combinations =>
        from emission in Emissions.Keys
        from network in Networks.Keys
        from transition in Transitions.Keys
        where transition == "gated" || (network == "st-r-lstm" && emission == "gaussian")
        select new object[] { transition, emission, network };

    public static DeepMarkovModel Model(string transition, string emission, int latentSize = 3) =>
        new() { LatentSize = latentSize, Transition = Transitions[transition], Emission = Emissions[emission] };
}
