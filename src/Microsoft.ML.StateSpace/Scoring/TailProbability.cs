using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>u = P(log p(X) ≤ log p(x)) for X drawn from the prediction p of one step: small where x is surprising, uniform on
/// [0, 1] where the prediction is right and x is continuous.</summary>
internal static class TailProbability
{
    // Shares of the draws: below the lowest eighth the tail is extrapolated.
    private const int TailShare = 8;

    // Nats. A point that equals a draw must count as equal, whatever the last bit of a sum; and tied draws still have a tail.
    private const double Tie = 1e-4, LeastExcess = 1e-3;

    /// <summary>Of a Gaussian prediction, in closed form: P(χ²_d ≥ distance).</summary>
    /// <param name="distance">(x − m)ᵀ S⁻¹ (x − m) over the observed dimensions, [..], in float64.</param>
    /// <param name="dimensions">d, the observed dimensions, [..], in float64.</param>
    /// <returns>[..]; NaN where nothing is observed.</returns>
    public static Tensor OfGaussian(Tensor distance, Tensor dimensions)
    {
        using var scope = NewDisposeScope();
        var u = special.gammaincc(dimensions.clamp_min(1) / 2, distance / 2);
        return u.masked_fill(dimensions.eq(0), double.NaN).MoveToOuterDisposeScope();
    }

    /// <summary>By rank among draws; beyond their lowest eighth, where log densities fall off exponentially whatever the family
    /// (Gaussian, Laplace, Student's t), by the mean excess of that eighth.</summary>
    /// <param name="draws">log p(X_j), [row, draw].</param>
    /// <param name="value">log p(x), [row].</param>
    /// <returns>[row], in float64.</returns>
    public static Tensor OfDraws(Tensor draws, Tensor value)
    {
        using var scope = NewDisposeScope();
        var (all, own) = (draws.to(ScalarType.Float64), value.to(ScalarType.Float64));
        int count = (int)all.shape[1], low = Math.Max(1, count / TailShare);
        var rank = (all.le(own.unsqueeze(-1) + Tie).sum(-1).to(ScalarType.Float64) + 1) / (count + 1);
        if (low + 1 > count)
            return rank.MoveToOuterDisposeScope();
        var lowest = all.topk(low + 1, -1, largest: false, sorted: true).values;
        var threshold = lowest.select(-1, low);
        var excess = (threshold.unsqueeze(-1) - lowest.narrow(-1, 0, low)).mean([-1]).clamp_min(LeastExcess);
        var tail = (low + 1.0) / (count + 1) * ((own - threshold) / excess).exp();
        return where(own.lt(threshold - Tie), tail, rank).MoveToOuterDisposeScope();
    }
}
