using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>The parts that JSON can name: one table per kind.</summary>
internal static class Kinds
{
    /// <summary>The JSON property that names a part.</summary>
    public const string Discriminator = "type";

    private static readonly Dictionary<Type, (string Name, Type Part)[]> s_tables = new()
    {
        [typeof(GenerativeModel)] = [("DeepMarkov", typeof(DeepMarkovModel))],
        [typeof(Transition)] = [("Gated", typeof(GatedTransition)), ("Mlp", typeof(MlpTransition)), ("Linear", typeof(LinearTransition)),
            ("ParallelGated", typeof(ParallelGatedTransition)), ("Function", typeof(FunctionTransition))],
        [typeof(Emission)] = [("Bernoulli", typeof(BernoulliEmission)), ("Gaussian", typeof(GaussianEmission)),
            ("Function", typeof(FunctionEmission))],
        [typeof(InferenceNetwork)] = [("Structured", typeof(StructuredInference)), ("MeanField", typeof(MeanFieldInference)),
            ("Iterative", typeof(IterativeInference)), ("Flow", typeof(FlowInference)), ("PriorProduct", typeof(PriorProductInference))],
        [typeof(Bound)] = [("Elbo", typeof(Elbo))],
    };

    /// <summary>The parts of a kind by name; empty when the type is no kind.</summary>
    public static IReadOnlyList<(string Name, Type Part)> Of(Type kind) => s_tables.TryGetValue(kind, out var table) ? table : [];
}
