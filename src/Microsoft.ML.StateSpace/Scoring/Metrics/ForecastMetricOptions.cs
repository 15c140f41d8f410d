namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>How forecasts are measured.</summary>
public sealed record ForecastMetricOptions
{
    /// <summary>Probabilities of the central intervals that are scored. Default 0.8 and 0.95.</summary>
    public IReadOnlyList<double> Levels { get; init; } = [0.8, 0.95];

    /// <summary>m, the season of MASE's and RMSSE's scale: 1 measures against the last value. Default 1.</summary>
    public int Season { get; init; } = 1;

    /// <summary>Whether CRPS and energy score estimate that of the distribution behind the samples, without the bias of their number;
    /// else it is that of the samples themselves. Default false.</summary>
    public bool Fair { get; init; }

    /// <summary>Bars of the PIT histogram. Default 20.</summary>
    public int PitBins { get; init; } = 20;

    /// <summary>The energy scores look at so many paths at most: their cost grows with the square. Default 200.</summary>
    public int EnergyPaths { get; init; } = 200;

    /// <summary>Seed of the draws that break ties in the PIT. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (double bad in Levels.Where(l => l is not (> 0 and < 1)))
            yield return FormattableString.Invariant($"Levels holds {bad}; each must lie between 0 and 1.");
        foreach (var twice in Levels.GroupBy(l => l).Where(same => same.Count() > 1))
            yield return FormattableString.Invariant($"Levels holds {twice.Key} more than once.");
        if (Season < 1)
            yield return $"Season is {Season}; it must be at least 1.";
        if (PitBins < 1)
            yield return $"PitBins is {PitBins}; it must be at least 1.";
        if (EnergyPaths < 2)
            yield return $"EnergyPaths is {EnergyPaths}; it must be at least 2.";
    }

    /// <summary>The probabilities of both ends of every interval.</summary>
    internal IEnumerable<double> Ends => Levels.SelectMany(level => new[] { LowerEnd(level), UpperEnd(level) });

    internal static double LowerEnd(double level) => Tidy((1 - level) / 2);

    internal static double UpperEnd(double level) => Tidy((1 + level) / 2);

    // 0.05, not 0.04999999999999999: quantiles are found by their probability.
    private static double Tidy(double probability) => Math.Round(probability, 12);
}
