using System.Numerics;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>The counts whose distribution function first exceeds a uniform number: draws by inversion, in float64 and without gradients.</summary>
internal static class CountQuantile
{
    // Means up to here are summed term by term: e^−256 is a float64, and no draw of a Poisson needs more terms than SummedTerms.
    private const double LargestSummedMean = 256;
    private const int SummedTerms = 1024;

    // Terms that are summed before anybody looks whether more are needed.
    private const int TermsBeforeALook = 16;

    // A tail is searched until an interval of logarithms is 2⁻⁶⁰ of what it was: by halves where each step costs its arithmetic, and elsewhere, where it costs
    // its calls, between as many points at once.
    private const int BitsOfATail = 60;
    private const int PointsWithoutALook = 255;

    // Terms of all elements in one call: 32 MB of them.
    private const int MostTogether = 1 << 22;

    // A sum of probabilities that stops an ulp short of 1 would never reach a uniform number beyond it.
    private const double LargestUniform = 1 - 1e-12;

    /// <summary>Poisson counts: exact for rates up to 256, beyond from the shifted Γ of the same three moments.</summary>
    /// <param name="rate">[..], above 0</param>
    /// <param name="uniform">[..] on [0, 1)</param>
    /// <param name="looks">Whether what is left to do is looked at, for which a device is waited for; null: on a CPU.</param>
    public static Tensor Poisson(Tensor rate, Tensor uniform, bool? looks = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (mean, u) = (rate.to(ScalarType.Float64), uniform.to(ScalarType.Float64).clamp_max(LargestUniform));
        var small = mean.clamp_max(LargestSummedMean);
        var (counts, _) = Sum((-small).exp(), [small], (of, k) => of[0] / k, u, Looks(u, looks));
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
    /// <param name="looks">Whether what is left to do is looked at, for which a device is waited for; null: on a CPU.</param>
    public static Tensor NegativeBinomial(Tensor mean, Tensor dispersion, Tensor uniform, bool? looks = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        // Contiguous: masked_scatter_ fills a transposed tensor in the order of its memory, not of its places.
        Tensor m = mean.to(ScalarType.Float64).contiguous(), r = dispersion.to(ScalarType.Float64).expand_as(m).contiguous();
        var u = uniform.to(ScalarType.Float64).clamp_max(LargestUniform).contiguous();
        var small = m.clamp_max(LargestSummedMean);
        bool looked = Looks(u, looks);
        var (counts, unfinished) = Sum((-r * (small / r).log1p()).exp(), [small, r], (of, k) => (of[1] + (k - 1)) * of[0] / ((of[0] + of[1]) * k), u, looked);
        var beyond = m.gt(LargestSummedMean).logical_or(unfinished);
        // Where only the tail is left to it, the Γ may not go back below the terms that were summed.
        var least = where(m.gt(LargestSummedMean), zeros_like(counts), counts);
        if (!looked)
            counts = where(beyond, Tail(m, r, u).maximum(least), counts);
        else if (beyond.any().item<bool>())
        {
            var tail = ShiftedGamma(m.masked_select(beyond), r.masked_select(beyond), u.masked_select(beyond), points: 1);
            counts = counts.masked_scatter_(beyond, tail.maximum(least.masked_select(beyond)));
        }
        return counts.MoveToOuterDisposeScope();
    }

    private static bool Looks(Tensor u, bool? looks) => looks ?? u.IsOnHost();

    // Number of partial sums at or below u; Unfinished where the terms ran out before the sum passed u.
    private static (Tensor Counts, Tensor Unfinished) Sum(Tensor first, Tensor[] of, Func<Tensor[], Tensor, Tensor> ratio, Tensor u, bool looks)
    {
        int terms = looks ? TermsBeforeALook : SummedTerms;
        Tensor[][] columns = [.. of.Append(first).Append(first).Append(u).Select(part => part.expand_as(u).reshape(-1, 1).split(MostTogether / terms, 0))];
        (Tensor Counts, Tensor Unfinished)[] parts = [.. columns[0].Select((_, i) => Sum([.. columns.Select(column => column[i])], ratio, terms))];
        return (cat([.. parts.Select(part => part.Counts)], 0).view_as(u), cat([.. parts.Select(part => part.Unfinished)], 0).view_as(u));
    }

    // Each of left is [n, 1]: what the ratios are of, the term and the total so far, and u. Many terms are one call, along a dimension of their own, and
    // only what is not done goes on to the next ones.
    private static (Tensor Counts, Tensor Unfinished) Sum(Tensor[] left, Func<Tensor[], Tensor, Tensor> ratio, int together)
    {
        using var scope = NewDisposeScope();
        var counts = left[^1].ge(left[^2]).squeeze(-1).to(ScalarType.Float64);
        Tensor unfinished = zeros_like(counts, ScalarType.Bool), places = arange(counts.shape[0], ScalarType.Int64, device: counts.device);
        for (int k = 1; k <= SummedTerms && places.shape[0] > 0; k += together)
        {
            using var step = NewDisposeScope();
            Tensor term = left[^3], total = left[^2], bound = left[^1];
            var ratios = ratio(left, arange(k, k + together, ScalarType.Float64, device: bound.device));
            var terms = cat([term, ratios], -1).cumprod(-1).narrow(-1, 1, together);
            var totals = cat([total, terms], -1).cumsum(-1).narrow(-1, 1, together);
            counts.index_add_(0, places, bound.ge(totals).sum(-1).to(ScalarType.Float64), 1);
            (left[^3], left[^2]) = (Last(terms), Last(totals));
            var isOpen = bound.ge(left[^2]).squeeze(-1);
            if (k + together > SummedTerms)
            {
                unfinished.index_copy_(0, places, isOpen);
                break;
            }
            // How many there are is a wait on a GPU.
            var open = arange(places.shape[0], ScalarType.Int64, device: bound.device).masked_select(isOpen);
            places = places.index_select(0, open).MoveToOuterDisposeScope();
            left = [.. left.Select(part => part.index_select(0, open).MoveToOuterDisposeScope())];
        }
        return (counts.MoveToOuterDisposeScope(), unfinished.MoveToOuterDisposeScope());
    }

    private static Tensor Last(Tensor terms) => terms.narrow(-1, -1, 1);

    // Of all elements, some at a time.
    private static Tensor Tail(Tensor m, Tensor r, Tensor u)
    {
        Tensor[][] columns = [.. new[] { m, r, u }.Select(part => part.reshape(-1).split(MostTogether / PointsWithoutALook, 0))];
        return cat([.. columns[0].Select((_, i) => ShiftedGamma(columns[0][i], columns[1][i], columns[2][i], PointsWithoutALook))], 0).view_as(m);
    }

    // Cumulants κ2 = m(1 + m/r), κ3 = κ2 (1 + 2m/r): Γ of shape 4κ2³/κ3² and scale κ3/2κ2, moved to the mean m. All [n].
    private static Tensor ShiftedGamma(Tensor m, Tensor r, Tensor u, int points)
    {
        using var scope = NewDisposeScope();
        var slope = 1 + 2 * m / r;
        var shape = 4 * m * (1 + m / r) / slope.square();
        var scale = slope / 2;
        Tensor low = full_like(shape, -100), width = (shape + 10 * shape.sqrt() + 100).log() - low;
        Tensor shapes = shape.unsqueeze(-1), bound = u.unsqueeze(-1), places = arange(1, points + 1, ScalarType.Float64, device: u.device);
        for (int bits = 0; bits < BitsOfATail; bits += BitOperations.Log2((uint)points + 1))
        {
            using var step = NewDisposeScope();
            width.div_(points + 1);
            var logarithms = width.unsqueeze(-1).mul(places).add(low.unsqueeze(-1));
            low.add_(width * special.gammainc(shapes, logarithms.exp()).lt(bound).sum(-1));
        }
        return ((low + width).exp() * scale + m - shape * scale).round().clamp_min(0).MoveToOuterDisposeScope();
    }
}
