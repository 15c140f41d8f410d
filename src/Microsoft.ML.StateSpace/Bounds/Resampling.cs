using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>When a particle loop resamples.</summary>
public enum ResamplingCriterion
{
    /// <summary>When the effective sample size is at most half the particles.</summary>
    EffectiveSampleSize,
    /// <summary>After every step.</summary>
    Always,
    /// <summary>Never: importance sampling.</summary>
    Never,
}

internal static class Resampling
{
    /// <summary>log ESS = 2·lse(W) − lse(2W), [row], of log-weights [row, particle].</summary>
    public static Tensor LogEffectiveSampleSize(Tensor logWeights) =>
        2 * logWeights.logsumexp(-1) - (2 * logWeights).logsumexp(-1);

    /// <summary>The rows that resample, [row] of booleans.</summary>
    public static Tensor Fires(ResamplingCriterion criterion, Tensor logWeights) => criterion switch
    {
        ResamplingCriterion.EffectiveSampleSize => LogEffectiveSampleSize(logWeights).le(Math.Log(logWeights.shape[1] / 2.0)),
        ResamplingCriterion.Always => ones([logWeights.shape[0]], ScalarType.Bool, logWeights.device),
        ResamplingCriterion.Never => zeros([logWeights.shape[0]], ScalarType.Bool, logWeights.device),
        _ => throw new ArgumentOutOfRangeException(nameof(criterion), criterion, "Unknown criterion."),
    };

    /// <summary>Systematic resampling: offspring numbers within 1 of N·w.</summary>
    /// <param name="logWeights">[row, particle], unnormalised.</param>
    /// <param name="uniform">One number on [0, 1) per row, [row, 1].</param>
    /// <returns>Ancestors, [row, particle].</returns>
    public static Tensor Systematic(Tensor logWeights, Tensor uniform)
    {
        using var scope = NewDisposeScope();
        long particles = logWeights.shape[1];
        var cumulative = logWeights.to(ScalarType.Float64).softmax(-1).cumsum(-1);
        var points = (arange(particles, ScalarType.Float64, logWeights.device) + uniform.to(ScalarType.Float64)) / particles;
        // Rounding can leave the last sum a hair below 1.
        return searchsorted(cumulative, points, right: true).clamp_max(particles - 1).MoveToOuterDisposeScope();
    }
}
