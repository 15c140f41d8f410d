using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>An emission of known functional form: N(f(z), v) with f a function that the program has registered.</summary>
/// <remarks>It has no hidden layers: <see cref="Emission.HiddenSize"/>, <see cref="Emission.HiddenLayers"/> and
/// <see cref="Emission.Activation"/> play no part. The training mean does not move it.</remarks>
public sealed record FunctionEmission : Emission
{
    /// <summary>Name of f in <see cref="KnownFunctions"/>.</summary>
    public string Function { get; init; } = "";

    /// <summary>How its scalars begin, by name; those left out begin at U(−0.2, 0.2) and are learned.</summary>
    public IReadOnlyDictionary<string, FunctionScalar> Scalars { get; init; } = new Dictionary<string, FunctionScalar>();

    /// <summary>v, one number or D; null: the function's own. Default null.</summary>
    public IReadOnlyList<double>? Variance { get; init; }

    /// <summary>Whether <see cref="Variance"/> is only where v begins. Default false.</summary>
    public bool LearnVariance { get; init; }

    /// <inheritdoc/>
    public override bool IsGaussian => true;

    /// <inheritdoc/>
    public override bool IsRealValued => true;

    /// <inheritdoc/>
    public override bool IsInDataUnits => true;

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer) =>
        new FunctionEmissionModule(Named, observationSize, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(int latentSize, int observationSize) => Named.FaultsWith(latentSize, observationSize);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => base.Validate().Concat(Named.Validate());

    /// <summary>By value.</summary>
    public bool Equals(FunctionEmission? other) => base.Equals(other) && Named == other.Named;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Named);

    private FunctionOptions Named => new(Function, Scalars, Variance, LearnVariance);
}

internal sealed class FunctionEmissionModule : EmissionModule
{
    private readonly FunctionGaussian gaussian;

    public FunctionEmissionModule(FunctionOptions options, int observationSize, Initializer initializer) : base(nameof(FunctionEmission))
    {
        gaussian = new FunctionGaussian(options, observationSize, initializer);
        RegisterComponents();
    }

    public override bool BroadcastsObservations => true;

    protected override Tensor LogDensities(Tensor latent, Tensor observation) => gaussian.call(latent).LogDensities(observation);

    public override bool IsGaussian => true;

    public override (Tensor Mean, Tensor Variance) Moments(Tensor input)
    {
        var q = gaussian.call(input);
        return (q.Mean, q.Variance);
    }

    public override Tensor Mean(Tensor latent) => gaussian.Mean(latent);

    public override Tensor Sample(Tensor latent, Tensor uniform) =>
        gaussian.call(latent).Sample(Math.Sqrt(2) * (2 * uniform.clamp(1e-7, 1 - 1e-7) - 1).erfinv());

    // What is known of x is known: the data's mean adds nothing to it.
    public override void StartAt(Tensor mean, Tensor variance)
    {
    }
}
