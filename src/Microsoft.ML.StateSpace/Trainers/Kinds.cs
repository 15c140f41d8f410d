using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>The parts that JSON can name: one table per kind.</summary>
internal static class Kinds
{
    /// <summary>The JSON property that names a part.</summary>
    public const string Discriminator = "type";

    private static readonly Dictionary<Type, (string Name, Type Part)[]> s_tables = new()
    {
        [typeof(GenerativeModel)] = [("DeepMarkov", typeof(DeepMarkovModel))],
        [typeof(Transition)] = [("Gated", typeof(GatedTransition)), ("Mlp", typeof(MlpTransition)), ("Linear", typeof(LinearTransition))],
        [typeof(Emission)] = [("Bernoulli", typeof(BernoulliEmission)), ("Gaussian", typeof(GaussianEmission))],
        [typeof(InferenceNetwork)] = [("Structured", typeof(StructuredInference)), ("MeanField", typeof(MeanFieldInference)),
            ("Iterative", typeof(IterativeInference))],
        [typeof(Bound)] = [("Elbo", typeof(Elbo))],
        [typeof(KlSchedule)] = [("LinearInUpdates", typeof(LinearInUpdates)), ("PowerOfEpoch", typeof(PowerOfEpoch)), ("LinearInEpochs", typeof(LinearInEpochs))],
        [typeof(Optimizer)] = [("AdamW", typeof(AdamW)), ("Adam", typeof(Adam)), ("RmsProp", typeof(RmsProp)), ("Sgd", typeof(Sgd))],
        [typeof(LearningRateSchedule)] = [("Constant", typeof(ConstantRate)), ("Cosine", typeof(CosineDecay)),
            ("Exponential", typeof(ExponentialDecay)), ("Step", typeof(StepDecay))],
    };

    /// <summary>The parts of a kind by name; empty when the type is no kind.</summary>
    public static IReadOnlyList<(string Name, Type Part)> Of(Type kind) => s_tables.TryGetValue(kind, out var table) ? table : [];
}
