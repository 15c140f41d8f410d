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
        ["gaussian-scale"] = new GaussianEmission
        {
            HiddenSize = 6, Residual = true, Activation = Activation.Tanh,
            Variance = new() { Convention = VarianceConvention.Scale, RawBias = 0.25, Least = 0.01 },
        },
        ["categorical"] = new CategoricalEmission { HiddenSize = 6, Categories = 5, Activation = Activation.Tanh },
        ["poisson"] = new PoissonEmission { HiddenSize = 6, Residual = true, Activation = Activation.Tanh },
        ["negative-binomial"] = new NegativeBinomialEmission { HiddenSize = 6, DispersionDependsOnLatent = true, Activation = Activation.Tanh },
        ["negative-binomial-common-dispersion"] = new NegativeBinomialEmission { HiddenLayers = 0 },
        ["student-t"] = new StudentTEmission { HiddenSize = 6, Activation = Activation.Tanh, InitialDegreesOfFreedom = 6 },
        ["discretized-gaussian"] = new DiscretizedGaussianEmission { HiddenSize = 6, BinWidth = 0.25, Activation = Activation.Tanh },
        ["nade"] = new NadeEmission { HiddenSize = 6, NadeSize = 5, Activation = Activation.Tanh },
    };

    /// <summary>A value that may be observed under an emission.</summary>
    public static float Target(string emission, Random random) => emission switch
    {
        "bernoulli" or "nade" => random.Next(2),
        "categorical" => random.Next(5),
        "poisson" => random.Next(6),
        "negative-binomial" or "negative-binomial-common-dispersion" => random.Next(4) == 0 ? random.Next(20) : random.Next(3),
        "discretized-gaussian" => random.Next(-8, 8) * 0.25f,
        _ => (float)(random.NextDouble() * 4 - 2),
    };

    public static readonly IReadOnlyDictionary<string, InferenceNetwork> Networks = new Dictionary<string, InferenceNetwork>
    {
        ["st-r-lstm"] = new StructuredInference { Direction = Direction.Backward, Cell = RnnCell.Lstm, HiddenSize = 6 },
        ["st-r-rnn-two-layers"] = new StructuredInference { Direction = Direction.Backward, Cell = RnnCell.Rnn, HiddenSize = 6, Layers = 2 },
        ["st-l-gru"] = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 6 },
        ["st-lr-rnn"] = new StructuredInference { Direction = Direction.Both, Cell = RnnCell.Rnn, HiddenSize = 6, EmbeddingSize = 0 },
        ["mf-l-lstm"] = new MeanFieldInference { Direction = Direction.Forward, Cell = RnnCell.Lstm, HiddenSize = 6 },
        ["mf-r-gru"] = new MeanFieldInference { Direction = Direction.Backward, Cell = RnnCell.Gru, HiddenSize = 6 },
        ["mf-lr-gru"] = new MeanFieldInference { Direction = Direction.Both, Cell = RnnCell.Gru, HiddenSize = 6 },
    };

    private static readonly string[] s_everywhere = ["bernoulli", "gaussian", "gaussian-common-variance"];

    // A forecast asks for a mean and for one uniform number per dimension, which these two do not give.
    private static readonly string[] s_notForecast = ["student-t", "nade"];

    /// <summary>Every part once, the others fixed; and every inference network with the emissions of the first models.</summary>
    public static IEnumerable<object[]> Combinations =>
        from emission in Emissions.Keys
        from network in Networks.Keys
        from transition in Transitions.Keys
        where transition == "gated" || (network == "st-r-lstm" && emission == "gaussian")
        where s_everywhere.Contains(emission) || (network == "st-r-lstm" && !s_notForecast.Contains(emission))
        select new object[] { transition, emission, network };

    public static DeepMarkovModel Model(string transition, string emission, int latentSize = 3) =>
        new() { LatentSize = latentSize, Transition = Transitions[transition], Emission = Emissions[emission] };
}
