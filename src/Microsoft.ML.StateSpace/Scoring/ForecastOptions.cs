using System.Globalization;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>What is forecast.</summary>
public sealed record ForecastOptions
{
    /// <summary>H, the steps forecast after each sequence's last observed one; null: as many as the model was trained for. Default null.</summary>
    public int? Horizon { get; init; }

    /// <summary>Probabilities of the quantiles, each a column <c>Quantile_p</c>. Default 0.1, 0.5, 0.9.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [0.1, 0.5, 0.9];

    /// <summary>N, the sample paths given out; at most one per particle. Default 0.</summary>
    public int Paths { get; init; }

    /// <summary>Particles of the filter; null: as many as the model scores with. Default null.</summary>
    public int? Particles { get; init; }

    /// <summary>Seed of the draws, with each row's own key; null: the model's. Default null.</summary>
    public int? Seed { get; init; }

    /// <summary>The column of a quantile: <c>Quantile_0.1</c>.</summary>
    public static string ColumnOf(double probability) => "Quantile_" + probability.ToString(CultureInfo.InvariantCulture);

    /// <summary>Every fault of quantiles' probabilities.</summary>
    internal static IEnumerable<string> FaultsOf(IReadOnlyList<double> quantiles)
    {
        foreach (double bad in quantiles.Where(p => p is not (> 0 and < 1)))
            yield return string.Create(CultureInfo.InvariantCulture, $"Quantiles holds {bad}; each must lie between 0 and 1.");
        foreach (var twice in quantiles.GroupBy(p => p).Where(same => same.Count() > 1))
            yield return string.Create(CultureInfo.InvariantCulture, $"Quantiles holds {twice.Key} more than once.");
    }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    /// <param name="particles">The particles that the filter will have.</param>
    public IEnumerable<string> Validate(int particles)
    {
        if (Horizon < 1)
            yield return $"Horizon is {Horizon}; it must be at least 1.";
        foreach (string fault in FaultsOf(Quantiles))
            yield return fault;
        if (Particles < 1)
            yield return $"Particles is {Particles}; it must be at least 1.";
        if (Paths < 0)
            yield return $"Paths is {Paths}; it must be at least 0.";
        else if (Paths > particles && particles >= 1)
            yield return $"Paths is {Paths}; there is one for each particle at most, and Particles is {particles}.";
    }
}
