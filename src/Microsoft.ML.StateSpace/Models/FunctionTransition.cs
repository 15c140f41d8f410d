using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A transition of known functional form: N(f(z), v) with f a function that the program has registered.</summary>
public sealed record FunctionTransition : Transition
{
    /// <summary>Name of f in <see cref="KnownFunctions"/>.</summary>
    public string Function { get; init; } = "";

    /// <summary>How its scalars begin, by name; those left out begin at U(−0.2, 0.2) and are learned.</summary>
    public IReadOnlyDictionary<string, FunctionScalar> Scalars { get; init; } = new Dictionary<string, FunctionScalar>();

    /// <summary>v, one number or Z; null: the function's own. Default null.</summary>
    public IReadOnlyList<double>? Variance { get; init; }

    /// <summary>Whether <see cref="Variance"/> is only where v begins. Default false.</summary>
    public bool LearnVariance { get; init; }

    /// <inheritdoc/>
    public override bool IsInDataUnits => true;

    /// <inheritdoc/>
    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new FunctionTransitionModule(Named, latentSize, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(int latentSize) => Named.FaultsWith(latentSize, latentSize);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => Named.Validate();

    /// <summary>By value.</summary>
    public bool Equals(FunctionTransition? other) => other is not null && Named == other.Named;

    /// <inheritdoc/>
    public override int GetHashCode() => Named.GetHashCode();

    private FunctionOptions Named => new(Function, Scalars, Variance, LearnVariance);
}

internal sealed class FunctionTransitionModule : TransitionModule
{
    private readonly FunctionGaussian gaussian;

    public FunctionTransitionModule(FunctionOptions options, int latentSize, Initializer initializer) : base(nameof(FunctionTransition))
    {
        gaussian = new FunctionGaussian(options, latentSize, initializer);
        RegisterComponents();
    }

    public override DiagonalGaussian forward(Tensor input) => gaussian.call(input);
}
