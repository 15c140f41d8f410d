using System.Collections.Concurrent;
using Microsoft.ML.StateSpace.Data.Synthetic;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A function of a state that a program knows, and whose scalars can be learned.</summary>
/// <param name="input">z, and beside it whatever the model conditions on, [.., row, I].</param>
/// <param name="scalars">Its scalars by name, each of one element.</param>
/// <returns>[.., row, O], differentiable in both.</returns>
public delegate Tensor StateFunction(Tensor input, IReadOnlyDictionary<string, Tensor> scalars);

/// <summary>What a program says of a function it knows.</summary>
/// <param name="Mean">The mean of what follows the state.</param>
public sealed record KnownFunction(StateFunction Mean)
{
    /// <summary>The variance, above 0; null: the options that name the function give it. Default null.</summary>
    public StateFunction? Variance { get; init; }

    /// <summary>Names of the scalars that both read. Default: none.</summary>
    public IReadOnlyList<string> Scalars { get; init; } = [];

    /// <summary>The Z that it is a function of; null: any. Default null.</summary>
    public int? LatentSize { get; init; }

    /// <summary>The numbers that it gives; null: as many as Z. Default null.</summary>
    public int? OutputSize { get; init; }
}

/// <summary>Functions of a known form by name: a saved model holds the name, and finds the function again here.</summary>
/// <remarks>Built in are the transitions "synthetic9", "synthetic10" and "synthetic11" (scalars alpha, beta) of Krishnan et al. 2017
/// with their variances, and "half", the emission mean z / 2 of all three. A program registers its own before it makes options that
/// name them or loads a model that does.</remarks>
public static class KnownFunctions
{
    private static readonly ConcurrentDictionary<string, KnownFunction> s_functions = new(StringComparer.Ordinal)
    {
        ["synthetic9"] = new((z, _) => z + 0.05) { Variance = VarianceOf("synthetic9"), LatentSize = 1 },
        ["synthetic10"] = new((z, _) => 2 * z.sin() + z) { Variance = VarianceOf("synthetic10"), LatentSize = 1 },
        ["synthetic11"] = new(Coupled) { Variance = VarianceOf("synthetic11"), Scalars = ["alpha", "beta"], LatentSize = 2 },
        ["half"] = new((z, _) => 0.5 * z),
    };

    /// <summary>Names in order.</summary>
    public static IReadOnlyList<string> Names => [.. s_functions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Gives a function a name; the same function again under its name is nothing new.</summary>
    /// <exception cref="ArgumentException">The name is empty or another function's, or a scalar's name is not made of letters,
    /// digits and underscores.</exception>
    public static void Register(string name, KnownFunction function)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(function);
        foreach (string scalar in function.Scalars)
            if (scalar.Length == 0 || !scalar.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                throw new ArgumentException($"Scalar '{scalar}' of function '{name}' must be made of letters, digits and underscores.", nameof(function));
        if (s_functions.GetOrAdd(name, function) is var known && !ReferenceEquals(known, function) && known != function)
            throw new ArgumentException($"The name '{name}' is another function's already.", nameof(name));
    }

    /// <summary>The function of that name, or null.</summary>
    internal static KnownFunction? Find(string name) => s_functions.GetValueOrDefault(name);

    // (.2 z⁰ + tanh(α z¹), .2 z¹ + sin(β z⁰)).
    private static Tensor Coupled(Tensor z, IReadOnlyDictionary<string, Tensor> scalars)
    {
        Tensor first = z.narrow(-1, 0, 1), second = z.narrow(-1, 1, 1);
        return cat([0.2 * first + (scalars["alpha"] * second).tanh(), 0.2 * second + (scalars["beta"] * first).sin()], -1);
    }

    private static StateFunction VarianceOf(string system)
    {
        double variance = SyntheticSystems.Get(system).TransitionVariance;
        return (z, _) => full_like(z, variance);
    }
}
