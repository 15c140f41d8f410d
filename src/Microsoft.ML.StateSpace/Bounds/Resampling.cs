using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>What resampling schemes and criteria share.</summary>
internal static class Resampling
{
    /// <summary>log ESS = 2·lse(W) − lse(2W) = −log Σ w², [row], of log-weights [row, particle].</summary>
    public static Tensor LogEffectiveSampleSize(Tensor logWeights) => -logWeights.softmax(-1).square().sum(-1).log();

    /// <summary>Ancestors of the points (i + u) / N: one per stratum.</summary>
    /// <param name="logWeights">[row, particle], unnormalised.</param>
    /// <param name="uniform">On [0, 1): [row, 1] makes it systematic, [row, particle] stratified.</param>
    /// <returns>Ancestors, [row, particle].</returns>
    public static Tensor Systematic(Tensor logWeights, Tensor uniform)
    {
        using var scope = NewDisposeScope();
        return Invert(logWeights, Comb(uniform.to(ScalarType.Float64), logWeights.shape[1])).MoveToOuterDisposeScope();
    }

    /// <summary>The points (i + u) / N, [row, particle].</summary>
    /// <param name="uniform">In float64, [row, 1] or [row, particle].</param>
    /// <param name="particles">N.</param>
    public static Tensor Comb(Tensor uniform, long particles) => (arange(particles, ScalarType.Float64, uniform.device) + uniform) / particles;

    /// <summary>The particles on whose share of [0, 1) the points lie.</summary>
    /// <param name="logWeights">[row, particle], unnormalised.</param>
    /// <param name="points">[row, point] in float64.</param>
    public static Tensor Invert(Tensor logWeights, Tensor points)
    {
        using var scope = NewDisposeScope();
        var cumulative = logWeights.to(ScalarType.Float64).softmax(-1).cumsum(-1);
        // Rounding can leave the last sum a hair below 1.
        return searchsorted(cumulative, points.contiguous(), right: true).clamp_max(logWeights.shape[1] - 1).MoveToOuterDisposeScope();
    }
}
