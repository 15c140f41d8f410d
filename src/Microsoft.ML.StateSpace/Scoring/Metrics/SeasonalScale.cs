namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>How large the errors of the seasonal-naive forecast were in the past, which scaled errors are measured in
/// (Hyndman and Koehler 2006).</summary>
/// <param name="Absolute">For each dimension the mean of |x_t − x_{t−m}|: the unit of MASE. NaN where no pair is observed.</param>
/// <param name="Squared">For each dimension the mean of (x_t − x_{t−m})²: the unit of RMSSE, squared.</param>
public sealed record SeasonalScale(IReadOnlyList<double> Absolute, IReadOnlyList<double> Squared)
{
    /// <summary>The scale of a past.</summary>
    /// <param name="past">T·D numbers, step-major; NaN is missing, and its pairs do not count.</param>
    /// <param name="size">D</param>
    /// <param name="season">m, at least 1.</param>
    public static SeasonalScale Of(ReadOnlySpan<float> past, int size, int season)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(season, 1);
        double[] absolute = new double[size], squared = new double[size];
        var pairs = new long[size];
        for (int i = season * size; i < past.Length; i++)
        {
            double difference = (double)past[i] - past[i - season * size];
            if (double.IsNaN(difference))
                continue;
            int d = i % size;
            absolute[d] += Math.Abs(difference);
            squared[d] += difference * difference;
            pairs[d]++;
        }
        for (int d = 0; d < size; d++)
            (absolute[d], squared[d]) = (absolute[d] / pairs[d], squared[d] / pairs[d]);
        return new SeasonalScale(absolute, squared);
    }

    /// <summary>No scale: scaled errors are not counted.</summary>
    internal static SeasonalScale None(int size) => new(
        [.. Enumerable.Repeat(double.NaN, size)], [.. Enumerable.Repeat(double.NaN, size)]);

    /// <summary>This scale, and another's where this one is not known.</summary>
    internal SeasonalScale Or(SeasonalScale other) => new(
        [.. Absolute.Zip(other.Absolute, (own, given) => double.IsNaN(own) ? given : own)],
        [.. Squared.Zip(other.Squared, (own, given) => double.IsNaN(own) ? given : own)]);
}
