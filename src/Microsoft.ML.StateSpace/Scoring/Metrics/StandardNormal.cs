namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>φ and Φ of N(0, 1).</summary>
internal static class StandardNormal
{
    // Beyond, Φ is 0 or 1 to the last bit.
    private const double Edge = 9;

    /// <summary>φ(x)</summary>
    public static double Density(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    /// <summary>Φ(x) = ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …), to 1e-15 (Marsaglia 2004).</summary>
    public static double Cdf(double x)
    {
        if (!(Math.Abs(x) < Edge))
            return double.IsNaN(x) ? x : x > 0 ? 1 : 0;
        double sum = x, term = x;
        for (int i = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); i += 2)
            sum += term *= x * x / i;
        return Math.Clamp(0.5 + sum * Density(x), 0, 1);
    }
}
