using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>What resampling schemes and criteria share.</summary>
internal static class Resampling
{
    /// <summary>What rounding may leave of a probability above 0.</summary>
    public const double LeastProbability = 1e-12;

    /// <summary>log ESS = 2·lse(W) − lse(2W), [row], of log-weights [row, particle].</summary>
    public static Tensor LogEffectiveSampleSize(Tensor logWeights) =>
        2 * logWeights.logsumexp(-1) - (2 * logWeights).logsumexp(-1);

    /// <summary>Ancestors of the points (i + u) / N: one per stratum.</summary>
    /// <param name="logWeights">[row, particle], unnormalised.</param>
    /// <param name="uniform">On [0, 1): [row, 1] makes it systematic, [row, particle] stratified.</param>
    /// <returns>Ancestors, [row, particle].</returns>
    public static Tensor Systematic(Tensor logWeights, Tensor uniform)
    {
        using var scope = NewDisposeScope();
        long particles = logWeights.shape[1];
        var points = (arange(particles, ScalarType.Float64, logWeights.device) + uniform.to(ScalarType.Float64)) / particles;
        return Invert(logWeights, points).MoveToOuterDisposeScope();
    }

    /// <summary>The particles on whose share of [0, 1) the points lie.</summary>
    /// <param name="logWeights">[row, particle], unnormalised.</param>
    /// <param name="points">[row, point] in float64.</param>
    public static Tensor Invert(Tensor logWeights, Tensor points)
    {
        using var scope = NewDisposeScope();
        var cumulative = logWeights.to(ScalarType.Float64).softmax(-1).cumsum(-1);
        // Rounding can leave the last sum a hair below 1.
        return searchsorted(cumulative, points, right: true).clamp_max(logWeights.shape[1] - 1).MoveToOuterDisposeScope();
    }

    /// <summary>N times the ends of the ancestors' shares of [0, 1), each [row, particle] in float64.</summary>
    public static (Tensor Below, Tensor Above) Bins(Tensor logWeights, Tensor ancestors)
    {
        long particles = logWeights.shape[1];
        var shares = logWeights.to(ScalarType.Float64).softmax(-1) * particles;
        var above = shares.cumsum(-1);
        return ((above - shares).gather(-1, ancestors), above.gather(-1, ancestors));
    }
}
