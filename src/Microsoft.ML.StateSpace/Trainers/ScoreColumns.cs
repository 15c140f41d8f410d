using System.Globalization;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>One of the transformer's output columns.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Output">What the scorer is asked for.</param>
/// <param name="Values">The column's values in a row's scores.</param>
/// <param name="Axes">What its values run over, outermost first; none: it is a single number.</param>
/// <param name="Kind">What ML.NET is told of it: the annotations ScoreColumnKind and ScoreValueKind; null: it is no score.</param>
internal sealed record ScoreColumn(string Name, ScoreOutputs Output, Func<SequenceScores, float[]> Values, ScoreAxis[] Axes,
    (string Column, string Value)? Kind = null)
{
    /// <summary>Whether it holds one number per row rather than a vector.</summary>
    public bool IsScalar => Axes.Length == 0;

    /// <summary>Whether all rows have equally many numbers, where the rows of the data do or do not.</summary>
    public bool IsFixed(bool fixedSteps) => fixedSteps || !Axes.Contains(ScoreAxis.Step);
}

/// <summary>What the values of a column run over.</summary>
internal enum ScoreAxis
{
    /// <summary>T, the row's steps: t1, t2, …</summary>
    Step,
    /// <summary>Z, the latent's components: z0, z1, …</summary>
    Latent,
    /// <summary>D, the observation's components, by the names that the observation column's slots have, else x0, x1, …</summary>
    Observation,
    /// <summary>H, the steps forecast: h1, h2, …</summary>
    Ahead,
    /// <summary>Q, the quantiles: q0.1, …</summary>
    Quantile,
    /// <summary>N, the sample paths: path1, …</summary>
    Path,
}

internal static class ScoreColumns
{
    /// <summary>What ML.NET calls a forecast's mean, its quantiles, and a tail probability.</summary>
    public static readonly (string Column, string Value) Mean = ("MultiOutputRegression", "Score"), Quantile = ("QuantileRegression", "Score"),
        Anomaly = ("AnomalyDetection", "Probability");

    private static readonly ScoreColumn[] s_fixed =
    [
        new("SmoothedMean", ScoreOutputs.SmoothedMean, s => s.SmoothedMean!, [ScoreAxis.Step, ScoreAxis.Latent]),
        new("SmoothedStd", ScoreOutputs.SmoothedStd, s => s.SmoothedStd!, [ScoreAxis.Step, ScoreAxis.Latent]),
        new("FilteredMean", ScoreOutputs.FilteredMean, s => s.FilteredMean!, [ScoreAxis.Step, ScoreAxis.Latent]),
        new("FilteredStd", ScoreOutputs.FilteredStd, s => s.FilteredStd!, [ScoreAxis.Step, ScoreAxis.Latent]),
        new("LogLikelihood", ScoreOutputs.LogLikelihood, s => s.LogLikelihood!, [ScoreAxis.Step]),
        new("SequenceLogLikelihood", ScoreOutputs.SequenceLogLikelihood, s => [s.SequenceLogLikelihood!.Value], []),
        new("EffectiveSampleSize", ScoreOutputs.EffectiveSampleSize, s => s.EffectiveSampleSize!, [ScoreAxis.Step]),
        new("AnomalyScore", ScoreOutputs.AnomalyScore, s => s.AnomalyScore!, [ScoreAxis.Step], Anomaly),
        new("Imputed", ScoreOutputs.Imputed, s => s.Imputed!, [ScoreAxis.Step, ScoreAxis.Observation]),
        new("Forecast", ScoreOutputs.Forecast, s => s.Forecast!, [ScoreAxis.Ahead, ScoreAxis.Observation], Mean),
        new("ForecastLower", ScoreOutputs.ForecastLower, s => s.ForecastLower!, [ScoreAxis.Ahead, ScoreAxis.Observation], Quantile),
        new("ForecastUpper", ScoreOutputs.ForecastUpper, s => s.ForecastUpper!, [ScoreAxis.Ahead, ScoreAxis.Observation], Quantile),
    ];

    private static readonly ScoreColumn s_quantiles = new("ForecastQuantiles", ScoreOutputs.ForecastQuantiles, s => s.ForecastQuantiles!,
        [ScoreAxis.Quantile, ScoreAxis.Ahead, ScoreAxis.Observation], Quantile);

    private static readonly ScoreColumn s_paths = new("ForecastPaths", ScoreOutputs.ForecastPaths, s => s.ForecastPaths!,
        [ScoreAxis.Path, ScoreAxis.Ahead, ScoreAxis.Observation]);

    /// <summary>The columns of a model scored in a way, in schema order.</summary>
    public static IReadOnlyList<ScoreColumn> Of(ScoringOptions options) =>
        [.. s_fixed, .. options.Quantiles.Count > 0 ? [s_quantiles] : Array.Empty<ScoreColumn>(), .. options.SamplePaths > 0 ? [s_paths] : Array.Empty<ScoreColumn>()];

    /// <summary>Name of a place along an axis.</summary>
    public static string NameOf(ScoreAxis axis, int place, ScoringOptions options, IReadOnlyList<string> observations) => axis switch
    {
        ScoreAxis.Step => $"t{place + 1}",
        ScoreAxis.Latent => $"z{place}",
        ScoreAxis.Observation => observations[place],
        ScoreAxis.Ahead => $"h{place + 1}",
        ScoreAxis.Quantile => "q" + options.Quantiles[place].ToString(CultureInfo.InvariantCulture),
        _ => $"path{place + 1}",
    };
}
