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
    /// <param name="ObservationSize">D.</param>
    public sealed record ModelPart(Func<Emission?, GenerativeModel> Make, bool HasOwnEmission = false, int ObservationSize = 4);

    /// <summary>The models of the combinations.</summary>
    public static readonly IReadOnlyDictionary<string, ModelPart> Models = new Dictionary<string, ModelPart>
    {
        ["dmm-gated"] = Dmm(new GatedTransition { HiddenSize = 3 }),
        ["dmm-parallel-gated"] = Dmm(new ParallelGatedTransition { HiddenSize = 3 }),
        ["dmm-mlp-controls-sum-gap"] = Dmm(new MlpTransition { HiddenSize = 3 }, new Conditioning { Mode = ConditioningMode.Sum, TimeGap = true }),
        ["dmm-linear-controls"] = Dmm(new LinearTransition(), new Conditioning { InitialPrior = true }),
        ["dmm-aug"] = Dmm(new GatedTransition { HiddenSize = 3 }, augmented: true),
        ["dmm-function"] = Dmm(new FunctionTransition { Function = TestFunctions.Damped, Variance = [1], LearnVariance = true }),
        ["vrnn"] = new(emission => new VrnnModel { LatentSize = 2, HiddenSize = 3, EncoderSize = 3, PriorSize = 3, Emission = emission! }),
        ["srnn"] = new(emission => new SrnnModel { LatentSize = 2, Cell = RnnCell.Gru, HiddenSize = 3, EncoderSize = 3, PriorSize = 3, Emission = emission! }),
        ["linear-gaussian"] = new(_ => new LinearGaussianModel { LatentSize = 2 }, HasOwnEmission: true),
        ["continuous-linear-gaussian"] = new(_ => new ContinuousLinearGaussianModel { LatentSize = 2, Controls = true }, HasOwnEmission: true),
        ["gaussian-hmm"] = new(_ => new GaussianHmmModel { TransitionVariances = [1, 2], EmissionVariances = [0.5, 1, 2], Learned = true }, HasOwnEmission: true, ObservationSize: 1),
    };

    private static ModelPart Dmm(Transition transition, Conditioning? conditioning = null, bool augmented = false) => new(emission =>
        new DeepMarkovModel { LatentSize = 2, Transition = transition, Conditioning = conditioning, Augmented = augmented, Emission = emission! });

    public static readonly IReadOnlyDictionary<string, Transition> Transitions = new Dictionary<string, Transition>
    {
        ["gated"] = new GatedTransition { HiddenSize = 5 },
        ["gated-scale"] = new GatedTransition { HiddenSize = 5, Variance = new() { Convention = VarianceConvention.Scale, RawBias = 0.5, Least = 0.01 } },
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
        ["function"] = new FunctionEmission { Function = TestFunctions.Spread },
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
        ["st-lr-rnn"] = new StructuredInference
        {
            Direction = Direction.Both, Cell = RnnCell.Rnn, HiddenSize = 6, EmbeddingSize = 0, LearnInitialLatent = false,
            Variance = new VarianceParameterisation { Convention = VarianceConvention.Scale, RawBias = -0.5 },
        },
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
        ["open-loop-st-l"] = new OpenLoopInference
        {
            Base = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 6 }, Steps = 3,
        },
        ["mf-lr-gru"] = new MeanFieldInference { Direction = Direction.Both, Cell = RnnCell.Gru, HiddenSize = 6 },
        ["prior"] = new PriorProposal(),
        ["filtering-path"] = new FilteringPathProposal { HiddenSize = 6, HiddenLayers = 2, Activation = Activation.Tanh },
        ["filtering-path-res"] = new FilteringPathProposal
        {
            HiddenSize = 6, AddsPriorMean = true, Variance = new VarianceParameterisation { Convention = VarianceConvention.Scale, RawBias = -1 },
        },
        ["smoothing-path"] = new SmoothingPathProposal { HiddenSize = 6, RecurrentSize = 5 },
        ["exact-filtering"] = new ExactInference { Direction = Direction.Forward },
        ["exact-smoothing"] = new ExactInference(),
        ["per-step-linear-filtering"] = new PerStepLinearInference { Direction = Direction.Forward, Steps = 4 },
        ["per-step-linear-smoothing"] = new PerStepLinearInference { Steps = 5 },
    };

    /// <summary>The models whose inference is exact.</summary>
    public static readonly IReadOnlyDictionary<string, GenerativeModel> LinearGaussianModels = new Dictionary<string, GenerativeModel>
    {
        ["linear-gaussian"] = new LinearGaussianModel(),
        ["linear-gaussian-diagonal"] = new LinearGaussianModel { DiagonalCovariances = true },
        ["continuous-linear-gaussian"] = new ContinuousLinearGaussianModel(),
        ["continuous-linear-gaussian-any-drift"] = new ContinuousLinearGaussianModel { Stable = false, DiagonalCovariances = true },
    };

    /// <summary>Every linear-Gaussian model with proposals that are exact, learned step by step, and networks.</summary>
    public static IEnumerable<object[]> LinearGaussianCombinations =>
        from model in LinearGaussianModels.Keys
        from network in new[] { "st-r-lstm", "mf-lr-gru", "avf-gradient", "exact-filtering", "exact-smoothing", "per-step-linear-filtering", "per-step-linear-smoothing" }
        select new object[] { model, "gaussian", network };

    private static readonly string[] s_everywhere = ["bernoulli", "gaussian", "gaussian-common-variance"];

    /// <summary>Every part once, the others fixed; and every inference network with the emissions of the first models.</summary>
    public static IEnumerable<object[]> Combinations =>
        from emission in Emissions.Keys
        from network in Networks.Keys
        from transition in Transitions.Keys
        where transition == "gated" || (network == "st-r-lstm" && emission == "gaussian")
        where s_everywhere.Contains(emission) || network == "st-r-lstm"
        where !Networks[network].FaultsWith(Model(transition, emission)).Any()
        select new object[] { transition, emission, network };

    /// <summary>Every model with a path: with every inference network, and one of them with every emission.</summary>
    public static IEnumerable<object[]> PathCombinations =>
        from model in PathModels.Keys
        from emission in Emissions.Keys
        from network in Networks.Keys
        where emission == (model.StartsWith("vrnn", StringComparison.Ordinal) ? "bernoulli" : "gaussian") || network == "smoothing-path"
        where !Networks[network].FaultsWith(Model(model, emission)).Any()
        select new object[] { model, emission, network };

    public static GenerativeModel Model(string model, string emission, int latentSize = 3) => PathModels.TryGetValue(model, out var path)
        ? path with { LatentSize = latentSize, Emission = Emissions[emission] with { ReadsPreviousObservation = model.EndsWith("conditional", StringComparison.Ordinal) } }
        : LinearGaussianModels.TryGetValue(model, out var linear) ? linear with { LatentSize = latentSize }
        : new DeepMarkovModel { LatentSize = latentSize, Transition = Transitions[model], Emission = Emissions[emission] };
}
