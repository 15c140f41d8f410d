using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>The probability of an interval under N(0, 1), however narrow or far from 0 it is.</summary>
internal static class GaussianInterval
{
    // Narrower intervals: the series' error is below w²/8 · 1/3, wider ones: the difference loses at most 1e-16/w.
    private const double Narrow = 1e-4;

    // From here on so many terms of the fraction are exact to the last bits.
    private const double Far = 5;
    private const int Terms = 14;

    private static readonly double s_halfLog2Pi = 0.5 * Math.Log(2 * Math.PI);

    /// <summary>log(Φ(m + w/2) − Φ(m − w/2)) in nats, with finite gradients.</summary>
    /// <param name="middle">m, in float64.</param>
    /// <param name="width">w above 0, in float64, of the same shape.</param>
    public static Tensor LogProbability(Tensor middle, Tensor width)
    {
        var m = middle.abs();
        var narrow = width.lt(Narrow);
        var outside = m.ge(width / 2);
        // Each branch sees numbers from its own domain only: the gradient of one not taken must be 0, never 0 · ∞.
        var w = width.clamp_min(Narrow);
        var tail = Tail(where(outside, m, w / 2), w);
        var around = Around(where(outside, w / 2, m), w);
        return where(narrow, Series(m, width.clamp_max(Narrow)), where(outside, tail, around));
    }

    // φ(m) ∫ e^(−ms − s²/2) ds over |s| ≤ w/2, with e^(−s²/2) ≈ 1 − w²/24: the integral of e^(−ms) is w sinh(mw/2)/(mw/2).
    private static Tensor Series(Tensor m, Tensor w) =>
        -0.5 * m.square() - s_halfLog2Pi + w.log() + LogSinhOver(m * w / 2) - w.square() / 24;

    // log(sinh(y)/y), y ≥ 0.
    private static Tensor LogSinhOver(Tensor y)
    {
        var large = y.clamp_min(0.05);
        var exact = large + (-(-2 * large).expm1()).log() - (2 * large).log();
        var square = y.clamp_max(0.05).square();
        return where(y.lt(0.05), square / 6 - square.square() / 180 + square.pow(3) / 2835, exact);
    }

    // 0 ≤ a < b: ½ e^(−a²/2) [erfcx(a/√2) − e^(−mw) erfcx(b/√2)], since (b² − a²)/2 = mw.
    private static Tensor Tail(Tensor m, Tensor w)
    {
        Tensor a = m - w / 2, b = m + w / 2;
        var difference = ScaledTail(a * Math.Sqrt(0.5)) - (-m * w).exp() * ScaledTail(b * Math.Sqrt(0.5));
        return -0.5 * a.square() - Math.Log(2) + difference.log();
    }

    // erfcx(x) = e^(x²) erfc(x), x ≥ 0; from 5 on by Laplace's continued fraction. TorchSharp's function of that name gives erfc.
    private static Tensor ScaledTail(Tensor x)
    {
        Tensor near = x.clamp_max(Far), far = x.clamp_min(Far), fraction = far;
        for (int k = Terms; k > 0; k--)
            fraction = far + 0.5 * k / fraction;
        return where(x.le(Far), near.square().exp() * near.erfc(), 1 / (Math.Sqrt(Math.PI) * fraction));
    }

    // a < 0 < b: both halves are positive.
    private static Tensor Around(Tensor m, Tensor w) =>
        (0.5 * (((w / 2 + m) * Math.Sqrt(0.5)).erf() + ((w / 2 - m) * Math.Sqrt(0.5)).erf())).log();
}
