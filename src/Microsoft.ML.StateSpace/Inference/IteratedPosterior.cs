using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>A search for q(z_t | ·) at every step of a tape; no gradient passes it.</summary>
/// <param name="energy">What is searched along.</param>
/// <param name="search">Finds λ = (μ, log v), [row, 2Z] or [particle, row, 2Z].</param>
/// <param name="tape">The tape.</param>
/// <param name="size">Z.</param>
internal sealed class IteratedPosterior(TapedFreeEnergy energy, Func<FreeEnergy, Tensor> search, ScanTape tape, long size) : TapeOperation
{
    // Any scale that a search ends in, to rounding.
    private static readonly VarianceParameterisation s_scale = new() { Convention = VarianceConvention.Scale, Least = 1e-8 };

    /// <summary>q(z_t | ·).</summary>
    public TapeGaussian Found { get; } = new(tape.Value(2 * size), s_scale);

    public override void Forward(int step)
    {
        using var scope = NewDisposeScope();
        energy.Enter(step);
        var (mean, variance) = FreeEnergy.Gaussian(search(energy));
        tape.ByParticle(Found.Raw, step).copy_(cat([mean, s_scale.RawOf(variance)], -1));
    }

    public override void Backward(int step)
    {
    }
}
