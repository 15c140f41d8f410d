using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>Everything a report tells, found before anything is drawn.</summary>
internal sealed record ReportContent
{
    public required ReportOptions Options { get; init; }

    /// <summary>File name of the model.</summary>
    public required string ModelName { get; init; }

    /// <summary>The transformers of the model's chain, in order.</summary>
    public required IReadOnlyList<string> Chain { get; init; }

    public required DeepMarkovTransformer Model { get; init; }

    public required DataFacts Data { get; init; }

    /// <summary>Sequences behind the metrics.</summary>
    public required int Evaluated { get; init; }

    public required BoundMetrics Bounds { get; init; }

    /// <summary>null where no sequence is long enough.</summary>
    public ForecastContent? Forecasts { get; init; }

    public required IReadOnlyList<ShownSequence> Shown { get; init; }

    /// <summary>Whether a step's observations are drawn as lines; else as a column of a heat map.</summary>
    public bool HasLines => !Data.IsBinary && Data.Dimensions.Count <= Options.Dimensions;
}

/// <summary>Forecasts, and how they fared.</summary>
/// <param name="Horizon">H</param>
/// <param name="Sequences">Sequences forecast.</param>
/// <param name="Skipped">Sequences too short.</param>
/// <param name="Metrics">How good they were.</param>
/// <param name="Reliability">Of probabilities that something happens; null where observations are not binary.</param>
internal sealed record ForecastContent(int Horizon, int Sequences, int Skipped, ForecastMetrics Metrics, Reliability? Reliability);

/// <summary>A sequence that is drawn.</summary>
internal sealed record ShownSequence
{
    /// <summary>Its place in the data, from 0.</summary>
    public required int Place { get; init; }

    public required string Name { get; init; }

    public required Sequence Sequence { get; init; }

    /// <summary>The first step drawn, from 0.</summary>
    public required int First { get; init; }

    public required SequenceScores Scores { get; init; }

    public required Reconstruction Reconstruction { get; init; }

    public required ParticleTrace Trace { get; init; }

    /// <summary>null where it is too short.</summary>
    public Fan? Fan { get; init; }

    /// <summary>Steps drawn, numbered from 1.</summary>
    public double[] Times => [.. Enumerable.Range(First + 1, Sequence.Length - First).Select(t => (double)t)];

    /// <summary>An observed value; NaN where it is missing.</summary>
    public double Observed(int step, int dimension) =>
        Sequence.IsObserved(step, dimension) ? Sequence.Observations[step * Sequence.ObservationSize + dimension] : double.NaN;
}

/// <summary>A forecast of a sequence's last steps.</summary>
/// <param name="Known">o, the steps known.</param>
/// <param name="Forecast">Of H·D numbers.</param>
/// <param name="Probabilities">Of its quantiles.</param>
internal sealed record Fan(int Known, ProbabilisticForecast Forecast, IReadOnlyList<double> Probabilities)
{
    /// <summary>A quantile of H·D numbers.</summary>
    public float[] Quantile(double probability) => Forecast.Quantiles[Enumerable.Range(0, Probabilities.Count).MinBy(q => Math.Abs(Probabilities[q] - probability))];
}
