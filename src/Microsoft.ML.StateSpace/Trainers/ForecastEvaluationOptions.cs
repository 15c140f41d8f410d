using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Where forecasts and their truth stand in a data view, and how they are measured.</summary>
/// <remarks>All columns are vectors of Single or Double, step-major. What a name is not given for is looked for under the names that
/// <c>Forecast</c> and a model's <c>Transform</c> use, and left out where there is none.</remarks>
public sealed record ForecastEvaluationOptions
{
    /// <summary>What happened: H·D numbers; NaN is missing. Default "Truth".</summary>
    public string TruthColumnName { get; init; } = "Truth";

    /// <summary>The forecasts' means, H·D numbers; null: ForecastMean or Forecast, else the mean of the paths. Default null.</summary>
    public string? MeanColumnName { get; init; }

    /// <summary>Sample paths, N·H·D numbers; null: Paths or ForecastPaths. Default null.</summary>
    public string? PathsColumnName { get; init; }

    /// <summary>The columns of quantiles, H·D numbers each, by probability; null: every Quantile_p. Default null.</summary>
    public IReadOnlyDictionary<double, string>? QuantileColumnNames { get; init; }

    /// <summary>What was known before, T·D numbers, of which the scale of MASE and RMSSE is taken; null: no scaled errors. Default null.</summary>
    public string? PastColumnName { get; init; }

    /// <summary>D; null: the last dimension of a fixed vector type [H, D] of the truth, else of the mean. Default null.</summary>
    public int? ObservationSize { get; init; }

    /// <summary>Probabilities of the quantiles that are read off the paths where there are no columns of them. Default 0.1, 0.2, … 0.9.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    /// <summary>Intervals, season and histogram.</summary>
    public ForecastMetricOptions Metrics { get; init; } = new();

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(TruthColumnName))
            yield return "TruthColumnName is empty.";
        if (ObservationSize < 1)
            yield return $"ObservationSize is {ObservationSize}; it must be at least 1.";
        foreach (string fault in new ForecastOptions { Quantiles = [.. QuantileColumnNames?.Keys ?? Quantiles] }.Validate(1))
            yield return fault;
        foreach (string fault in Metrics.Validate())
            yield return $"Metrics.{fault}";
    }
}
