using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A linear-Gaussian transition: N(A z + b, diag softplus(r)); A begins as the identity, or where <see cref="Periods"/> says so as
/// rotations.</summary>
public sealed record LinearTransition : NetworkTransition
{
    /// <summary>Periods in steps, each above 1: two latents of each begin as an oscillation of that period (a trigonometric season, Harvey 1989), the
    /// first ones in order, the rest as random walks. Default empty.</summary>
    public IReadOnlyList<double> Periods { get; init; } = [];

    /// <inheritdoc/>
    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new LinearTransitionModule(inputSize, latentSize, this, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(int latentSize) => base.FaultsWith(latentSize)
        .Concat(2 * Periods.Count <= latentSize ? [] : [$"{Periods.Count} periods take {2 * Periods.Count} latents, but LatentSize is {latentSize}."]);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => base.Validate()
        .Concat(Periods.Where(period => !(period > 1 && double.IsFinite(period)))
            .Select(period => FormattableString.Invariant($"Periods holds {period}; each must be above 1.")));

    /// <summary>Whether all options are the same, the periods in the same order.</summary>
    public bool Equals(LinearTransition? other) => base.Equals(other) && Periods.SequenceEqual(other!.Periods);

    /// <inheritdoc/>
    public override int GetHashCode() => Periods.Aggregate(base.GetHashCode(), HashCode.Combine);
}

internal sealed class LinearTransitionModule : TransitionModule
{
    private readonly Affine mean;
    private readonly Parameter variance;
    private readonly VarianceParameterisation _variance;

    public LinearTransitionModule(int inputSize, int latentSize, LinearTransition options, Initializer initializer)
        : base(nameof(LinearTransition))
    {
        _variance = options.Variance;
        mean = new Affine(initializer.Identity(latentSize, inputSize), initializer.Constant(latentSize));
        for (int i = 0; i < options.Periods.Count; i++)
            Rotate(mean.Weight, 2 * i, 2 * Math.PI / options.Periods[i]);
        variance = initializer.Constant(latentSize);
        RegisterComponents();
    }

    public override DiagonalGaussian forward(Tensor input)
    {
        var mu = mean.call(input);
        return new DiagonalGaussian(mu, _variance.VarianceOf(variance).expand_as(mu));
    }

    // The block [cos ω, sin ω; −sin ω, cos ω] on the diagonal, at rows and columns first and first + 1.
    private static void Rotate(Tensor weight, int first, double angle)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (cos, sin) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        weight.narrow(0, first, 2).narrow(1, first, 2).copy_(tensor(new[] { cos, sin, -sin, cos }, [2, 2]));
    }
}
