using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>The transformer's output columns: name, what it computes, and its size.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Output">What the scorer is asked for.</param>
/// <param name="Values">The column's values in a row's scores.</param>
/// <param name="Size">Numbers per row, from T (null when rows differ), Z, D and H; null when rows differ.</param>
internal sealed record ScoreColumn(string Name, ScoreOutputs Output, Func<SequenceScores, float[]> Values,
    Func<int?, int, int, int, int?> Size);

internal static class ScoreColumns
{
    /// <summary>All of them, in schema order.</summary>
    public static readonly IReadOnlyList<ScoreColumn> All =
    [
        new("SmoothedMean", ScoreOutputs.SmoothedMean, s => s.SmoothedMean!, (t, z, d, h) => t * z),
        new("SmoothedStd", ScoreOutputs.SmoothedStd, s => s.SmoothedStd!, (t, z, d, h) => t * z),
        new("FilteredMean", ScoreOutputs.FilteredMean, s => s.FilteredMean!, (t, z, d, h) => t * z),
        new("FilteredStd", ScoreOutputs.FilteredStd, s => s.FilteredStd!, (t, z, d, h) => t * z),
        new("LogLikelihood", ScoreOutputs.LogLikelihood, s => s.LogLikelihood!, (t, z, d, h) => t),
        new("EffectiveSampleSize", ScoreOutputs.EffectiveSampleSize, s => s.EffectiveSampleSize!, (t, z, d, h) => t),
        new("Forecast", ScoreOutputs.Forecast, s => s.Forecast!, (t, z, d, h) => h * d),
        new("ForecastLower", ScoreOutputs.ForecastLower, s => s.ForecastLower!, (t, z, d, h) => h * d),
        new("ForecastUpper", ScoreOutputs.ForecastUpper, s => s.ForecastUpper!, (t, z, d, h) => h * d),
    ];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(c => c.Name);
}
