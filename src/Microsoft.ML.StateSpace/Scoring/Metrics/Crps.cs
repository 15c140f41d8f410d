namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>The continuous ranked probability score, ∫ (F(x) − 1[y ≤ x])² dx = E|X − y| − ½ E|X − X′|, in the unit of y; smaller is better
/// (Matheson and Winkler 1976, Gneiting and Raftery 2007).</summary>
/// <remarks>Strictly proper: in expectation it is least for the distribution that y is drawn from. For a point forecast it is |x − y|.</remarks>
public static class Crps
{
    /// <summary>The score of the distribution that <paramref name="samples"/> are drawn from, in O(N log N).</summary>
    /// <param name="samples">N samples in any order.</param>
    /// <param name="observation">y</param>
    /// <param name="fair">False: the score of the samples' own distribution. True: an unbiased estimate of the score of the distribution
    /// behind them (Ferro 2014), which does not depend on N in expectation; it needs two samples, and may be below 0.</param>
    /// <exception cref="ArgumentException">There are too few samples.</exception>
    public static double OfSamples(ReadOnlySpan<double> samples, double observation, bool fair = false)
    {
        double[] sorted = samples.ToArray();
        Array.Sort(sorted);
        return OfSorted(sorted, observation, fair);
    }

    /// <summary>As <see cref="OfSamples"/>, of samples in ascending order, in O(N).</summary>
    /// <remarks>Σ_{i&lt;j} (x_(j) − x_(i)) = Σ_i (2i + 1 − N) x_(i), with i from 0.</remarks>
    /// <param name="sorted">N samples, ascending.</param>
    /// <param name="observation">y</param>
    /// <param name="fair">As for <see cref="OfSamples"/>.</param>
    /// <exception cref="ArgumentException">There are too few samples.</exception>
    public static double OfSorted(ReadOnlySpan<double> sorted, double observation, bool fair = false)
    {
        int count = sorted.Length;
        if (count < (fair ? 2 : 1))
            throw new ArgumentException($"There are {count} samples; {(fair ? "a fair score needs two" : "a score needs one")}.", nameof(sorted));
        double distance = 0, spread = 0;
        for (int i = 0; i < count; i++)
        {
            // The weights add up to 0: what is subtracted costs no digits.
            double error = sorted[i] - observation;
            distance += Math.Abs(error);
            spread += (2.0 * i + 1 - count) * error;
        }
        return distance / count - spread / (fair ? (double)count * (count - 1) : (double)count * count);
    }

    /// <summary>The score of N(mean, deviation²): σ [w (2Φ(w) − 1) + 2φ(w) − 1/√π] with w = (y − μ)/σ (Gneiting and Raftery 2007, eq. 5).</summary>
    /// <param name="mean">μ</param>
    /// <param name="deviation">σ, above 0.</param>
    /// <param name="observation">y</param>
    public static double OfGaussian(double mean, double deviation, double observation)
    {
        double w = (observation - mean) / deviation;
        return deviation * (w * (2 * StandardNormal.Cdf(w) - 1) + 2 * StandardNormal.Density(w) - 1 / Math.Sqrt(Math.PI));
    }

    /// <summary>The score of the distribution whose quantile function is linear between the given quantiles and constant beyond them:
    /// 2 ∫ (1[y &lt; q(p)] − p)(q(p) − y) dp, exactly.</summary>
    /// <param name="probabilities">Ascending, each between 0 and 1.</param>
    /// <param name="quantiles">Not falling.</param>
    /// <param name="observation">y</param>
    /// <exception cref="ArgumentException">There is none, or not as many of both.</exception>
    public static double OfQuantiles(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> quantiles, double observation)
    {
        if (probabilities.IsEmpty || probabilities.Length != quantiles.Length)
            throw new ArgumentException($"There are {probabilities.Length} probabilities and {quantiles.Length} quantiles.", nameof(quantiles));
        double sum = Segment(0, probabilities[0], quantiles[0], quantiles[0], observation);
        for (int i = 1; i < quantiles.Length; i++)
            sum += Segment(probabilities[i - 1], probabilities[i], quantiles[i - 1], quantiles[i], observation);
        return 2 * (sum + Segment(probabilities[^1], 1, quantiles[^1], quantiles[^1], observation));
    }

    // The pinball loss over [from, to], where the quantile runs from low to high; its slope changes where it meets y.
    private static double Segment(double from, double to, double low, double high, double observation)
    {
        if (low >= observation || high <= observation)
            return Simpson(from, to, low, high, observation, above: low >= observation);
        double meeting = from + (to - from) * (observation - low) / (high - low);
        return Simpson(from, meeting, low, observation, observation, above: false)
            + Simpson(meeting, to, observation, high, observation, above: true);
    }

    // Exact for the quadratic that a linear quantile times a linear weight is.
    private static double Simpson(double from, double to, double low, double high, double observation, bool above)
    {
        double Loss(double probability, double quantile) => ((above ? 1 : 0) - probability) * (quantile - observation);
        return (to - from) / 6 * (Loss(from, low) + 4 * Loss(0.5 * (from + to), 0.5 * (low + high)) + Loss(to, high));
    }
}
