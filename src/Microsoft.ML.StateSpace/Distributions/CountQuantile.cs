using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>The counts whose distribution function first exceeds a uniform number: draws by inversion, in float64 and without gradients.</summary>
internal static class CountQuantile
{
    // Means up to here are summed term by term: e^−256 is a float64, and no draw of a Poisson needs more terms than SummedTerms.
    private const double LargestSummedMean = 256;
    private const int SummedTerms = 1024;

    // A sum of probabilities that stops an ulp short of 1 would never reach a uniform number beyond it.
    private const double LargestUniform = 1 - 1e-12;

    /// <summary>Poisson counts: exact for rates up to 256, beyond from the shifted Γ of the same three moments.</summary>
    /// <param name="rate">[..], above 0</param>
    /// <param name="uniform">[..] on [0, 1)</param>
    public static Tensor Poisson(Tensor rate, Tensor uniform)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (mean, u) = (rate.to(ScalarType.Float64), uniform.to(ScalarType.Float64).clamp_max(LargestUniform));
        var small = mean.clamp_max(LargestSummedMean);
        var (counts, _) = Sum((-small).exp(), k => small / k, u);
        // Wilson–Hilferty's quantile of Γ(4 rate), whose skewness is small here.
        var z = special.ndtri(u.clamp_min(1 - LargestUniform));
        var large = (2 * mean * (1 - 1 / (36 * mean) + z / (6 * mean.sqrt())).pow(3) - mean).round();
        return where(mean.gt(LargestSummedMean), large, counts).MoveToOuterDisposeScope();
    }

    /// <summary>Negative binomial counts of variance mean + mean²/dispersion: exact for means up to 256 and counts up to
    /// 1024, beyond from the shifted Γ of the same three moments.</summary>
    /// <param name="mean">[..], above 0</param>
    /// <param name="dispersion">[..], above 0</param>
    /// <param name="uniform">[..] on [0, 1)</param>
    public static Tensor NegativeBinomial(Tensor mean, Tensor dispersion, Tensor uniform)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        // Contiguous: masked_scatter_ fills a transposed tensor in the order of its memory, not of its places.
        Tensor m = mean.to(ScalarType.Float64).contiguous(), r = dispersion.to(ScalarType.Float64).expand_as(m).contiguous();
        var u = uniform.to(ScalarType.Float64).clamp_max(LargestUniform).contiguous();
        var small = m.clamp_max(LargestSummedMean);
        var (counts, unfinished) = Sum((-r * (small / r).log1p()).exp(), k => (r + (k - 1)) * small / ((small + r) * k), u);
        var beyond = m.gt(LargestSummedMean).logical_or(unfinished);
        if (beyond.any().item<bool>())
        {
            // Where only the tail is left to it, the Γ may not go back below the terms that were summed.
            var least = where(m.gt(LargestSummedMean), zeros_like(counts), counts).masked_select(beyond);
            var tail = ShiftedGamma(m.masked_select(beyond), r.masked_select(beyond), u.masked_select(beyond));
            counts = counts.masked_scatter_(beyond, tail.maximum(least));
        }
        return counts.MoveToOuterDisposeScope();
    }

    // Number of partial sums at or below u; Unfinished where the terms ran out before the sum passed u.
    private static (Tensor Counts, Tensor Unfinished) Sum(Tensor first, Func<int, Tensor> ratio, Tensor u)
    {
        Tensor term = first, total = first.clone(), counts = u.ge(total).to(ScalarType.Float64);
        for (int k = 1; k <= SummedTerms; k++)
        {
            using var step = NewDisposeScope();
            term = (term * ratio(k)).MoveToOuterDisposeScope();
            total.add_(term);
            var below = u.ge(total);
            counts.add_(below);
            // The look at the numbers is a wait on a GPU.
            if (k % 16 == 0 && !below.any().item<bool>())
                break;
        }
        return (counts, u.ge(total));
    }

    // Cumulants κ2 = m(1 + m/r), κ3 = κ2 (1 + 2m/r): Γ of shape 4κ2³/κ3² and scale κ3/2κ2, moved to the mean m.
    private static Tensor ShiftedGamma(Tensor m, Tensor r, Tensor u)
    {
        var slope = 1 + 2 * m / r;
        var shape = 4 * m * (1 + m / r) / slope.square();
        var scale = slope / 2;
        Tensor low = full_like(shape, -100), high = (shape + 10 * shape.sqrt() + 100).log();
        for (int i = 0; i < 60; i++)
        {
            using var step = NewDisposeScope();
            var middle = (low + high) / 2;
            var below = special.gammainc(shape, middle.exp()).lt(u);
            low.copy_(where(below, middle, low));
            high.copy_(where(below, high, middle));
        }
        return (high.exp() * scale + m - shape * scale).round().clamp_min(0);
    }
}
