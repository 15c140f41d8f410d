namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>How good forecasts were: overall, per step ahead, per dimension, and per both.</summary>
public sealed class ForecastMetrics
{
    private readonly ForecastFigures[] _cells;

    internal ForecastMetrics(int forecasts, ForecastFigures overall, ForecastFigures[] bySteps, ForecastFigures[] byDimension, ForecastFigures[] cells)
    {
        (Forecasts, Overall, ByStep, ByDimension, _cells) = (forecasts, overall, bySteps, byDimension, cells);
    }

    /// <summary>Forecasts of H steps that were scored.</summary>
    public int Forecasts { get; }

    /// <summary>H</summary>
    public int Horizon => ByStep.Count;

    /// <summary>D</summary>
    public int ObservationSize => ByDimension.Count;

    /// <summary>All steps and dimensions together.</summary>
    public ForecastFigures Overall { get; }

    /// <summary>Each step ahead, of all dimensions: H entries, the first one step ahead.</summary>
    public IReadOnlyList<ForecastFigures> ByStep { get; }

    /// <summary>Each dimension, of all steps: D entries.</summary>
    public IReadOnlyList<ForecastFigures> ByDimension { get; }

    /// <summary>One step ahead and dimension.</summary>
    /// <param name="step">1 … H</param>
    /// <param name="dimension">0 … D − 1</param>
    public ForecastFigures At(int step, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, Horizon);
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, ObservationSize);
        return _cells[(step - 1) * ObservationSize + dimension];
    }
}

/// <summary>Figures of some forecast values. NaN where there was nothing to measure: no value, no samples, no scale.</summary>
public sealed record ForecastFigures
{
    /// <summary>Values that were compared with their truth.</summary>
    public required long Count { get; init; }

    /// <summary>Values whose truth is missing; they count in nothing else.</summary>
    public required long Missing { get; init; }

    /// <summary>Mean of |forecast mean − y|.</summary>
    public required double MeanAbsoluteError { get; init; }

    /// <summary>√ of the mean of (forecast mean − y)².</summary>
    public required double RootMeanSquaredError { get; init; }

    /// <summary>Mean of the absolute error over that of the seasonal-naive forecast in the sequence's past; below 1 is better than that
    /// (Hyndman and Koehler 2006).</summary>
    public required double Mase { get; init; }

    /// <summary>√ of the mean of the squared error over the seasonal-naive forecast's in the past.</summary>
    public required double Rmsse { get; init; }

    /// <summary>Values that have a scale and so count in MASE, RMSSE and <see cref="ScaledCrps"/>.</summary>
    public required long ScaledCount { get; init; }

    /// <summary>Mean continuous ranked probability score; see <see cref="Metrics.Crps"/>.</summary>
    public required double Crps { get; init; }

    /// <summary>Mean of the CRPS over MASE's scale, so that dimensions and sequences of different units count alike.</summary>
    public required double ScaledCrps { get; init; }

    /// <summary>Mean energy score of a step's D numbers together; of a single dimension it is its <see cref="Crps"/>.</summary>
    public required double EnergyScore { get; init; }

    /// <summary>Mean energy score of whole paths, H·D numbers; overall only, else NaN.</summary>
    public required double PathEnergyScore { get; init; }

    /// <summary>Mean pinball loss, of all quantiles; see <see cref="Metrics.QuantileLoss"/>.</summary>
    public required double QuantileLoss { get; init; }

    /// <summary>By quantile.</summary>
    public required IReadOnlyList<QuantileFigures> Quantiles { get; init; }

    /// <summary>By level.</summary>
    public required IReadOnlyList<IntervalFigures> Intervals { get; init; }

    /// <summary>The PIT histogram: values by <see cref="ProbabilityIntegral"/>, in bars of equal width over [0, 1); flat where forecasts are
    /// calibrated. All 0 where there are no samples.</summary>
    public required IReadOnlyList<long> Pit { get; init; }
}

/// <summary>A quantile's figures.</summary>
/// <param name="Probability">Of the quantile.</param>
/// <param name="Loss">Mean pinball loss.</param>
/// <param name="Below">Share of truths at or below it: the probability, where forecasts are calibrated.</param>
public sealed record QuantileFigures(double Probability, double Loss, double Below);

/// <summary>A central interval's figures.</summary>
/// <param name="Level">Its probability.</param>
/// <param name="Coverage">Share of truths in it: the level, where forecasts are calibrated.</param>
/// <param name="Score">Mean interval score; see <see cref="IntervalScore"/>.</param>
/// <param name="Width">Mean width.</param>
public sealed record IntervalFigures(double Level, double Coverage, double Score, double Width);
