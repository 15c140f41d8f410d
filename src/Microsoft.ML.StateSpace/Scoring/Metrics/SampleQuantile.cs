namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>Quantiles of what samples are drawn from.</summary>
public static class SampleQuantile
{
    /// <summary>The order statistic at p (N + 1), linear between two, and no farther out than the samples: a further draw falls below
    /// it with probability p (Hyndman and Fan 1996, type 6), so that intervals keep their level however few samples there are.</summary>
    /// <param name="sorted">N samples, ascending.</param>
    /// <param name="probability">p, between 0 and 1.</param>
    /// <exception cref="ArgumentException">There are no samples.</exception>
    public static double OfSorted(ReadOnlySpan<double> sorted, double probability)
    {
        if (sorted.IsEmpty)
            throw new ArgumentException("There are no samples.", nameof(sorted));
        double place = Math.Clamp(probability * (sorted.Length + 1) - 1, 0, sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
