using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>What a backtest found.</summary>
/// <param name="Sequences">Sequences that were forecast.</param>
/// <param name="Skipped">Sequences too short for any origin.</param>
/// <param name="Forecasts">Forecasts of each method.</param>
/// <param name="Methods">By method: the model first, where there is one, then the baselines.</param>
public sealed record BacktestResult(int Sequences, int Skipped, int Forecasts, IReadOnlyList<BacktestedMethod> Methods)
{
    /// <summary>The table: a row per method, step ahead and dimension, and for all steps and all dimensions together.</summary>
    public IReadOnlyList<BacktestRow> Rows => [.. Methods.SelectMany(RowsOf)];

    /// <summary>The method of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public BacktestedMethod this[string name] => Methods.FirstOrDefault(m => m.Name == name)
        ?? throw new KeyNotFoundException($"The backtest has no method '{name}'; it has {string.Join(", ", Methods.Select(m => m.Name))}.");

    /// <summary>The table as a data view, for saving and further work.</summary>
    public IDataView ToDataView(MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Data.LoadFromEnumerable(Rows);
    }

    /// <summary>Every method's scores by origin, for tests of whether a difference is one.</summary>
    public IDataView OriginsToDataView(MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Data.LoadFromEnumerable(Methods.SelectMany(m => m.Origins));
    }

    private static IEnumerable<BacktestRow> RowsOf(BacktestedMethod method)
    {
        var metrics = method.Metrics;
        for (int step = 0; step <= metrics.Horizon; step++)
            for (int dimension = -1; dimension < metrics.ObservationSize; dimension++)
                yield return BacktestRow.Of(method.Name, step, dimension, (step, dimension) switch
                {
                    (0, -1) => metrics.Overall,
                    (0, _) => metrics.ByDimension[dimension],
                    (_, -1) => metrics.ByStep[step - 1],
                    _ => metrics.At(step, dimension),
                });
    }
}

/// <summary>A method in a backtest.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Metrics">How good its forecasts were.</param>
/// <param name="Description">What it had learned when last it learned, for people; null: nothing to tell.</param>
/// <param name="Fitting">Time it took to learn.</param>
/// <param name="Forecasting">Time it took to forecast.</param>
/// <param name="Origins">Its scores by origin.</param>
public sealed record BacktestedMethod(string Name, ForecastMetrics Metrics, string? Description, TimeSpan Fitting, TimeSpan Forecasting,
    IReadOnlyList<OriginScore> Origins);

/// <summary>A method's scores of one forecast: means over its observed values.</summary>
public sealed class OriginScore
{
    /// <summary>The method's name.</summary>
    public string Method { get; set; } = "";

    /// <summary>The sequence's id, or its row's number, from 0.</summary>
    public string SequenceId { get; set; } = "";

    /// <summary>o, the steps known.</summary>
    public int Origin { get; set; }

    /// <summary>Mean absolute error.</summary>
    public double MeanAbsoluteError { get; set; }

    /// <summary>Mean CRPS; NaN where the forecast is no distribution.</summary>
    public double Crps { get; set; }
}

/// <summary>A row of a backtest's table; what the figures mean is said at <see cref="ForecastFigures"/>.</summary>
public sealed class BacktestRow
{
    /// <summary>The method's name.</summary>
    public string Method { get; set; } = "";

    /// <summary>Steps ahead, from 1; 0: all together.</summary>
    public int Step { get; set; }

    /// <summary>Dimension, from 0; −1: all together.</summary>
    public int Dimension { get; set; }

    /// <summary>Values compared.</summary>
    public long Count { get; set; }

    /// <summary>Values whose truth is missing.</summary>
    public long Missing { get; set; }

    /// <summary>Mean absolute error.</summary>
    public double MeanAbsoluteError { get; set; }

    /// <summary>Root mean squared error.</summary>
    public double RootMeanSquaredError { get; set; }

    /// <summary>Mean absolute scaled error.</summary>
    public double Mase { get; set; }

    /// <summary>Root mean squared scaled error.</summary>
    public double Rmsse { get; set; }

    /// <summary>Mean CRPS.</summary>
    public double Crps { get; set; }

    /// <summary>Mean CRPS over MASE's scale.</summary>
    public double ScaledCrps { get; set; }

    /// <summary>Mean energy score of a step's numbers.</summary>
    public double EnergyScore { get; set; }

    /// <summary>Mean energy score of whole paths.</summary>
    public double PathEnergyScore { get; set; }

    /// <summary>Mean pinball loss of all quantiles.</summary>
    public double QuantileLoss { get; set; }

    /// <summary>Probabilities of the quantiles.</summary>
    public double[] Probabilities { get; set; } = [];

    /// <summary>Pinball loss of each quantile.</summary>
    public double[] QuantileLosses { get; set; } = [];

    /// <summary>Levels of the intervals.</summary>
    public double[] Levels { get; set; } = [];

    /// <summary>Coverage of each interval.</summary>
    public double[] Coverage { get; set; } = [];

    /// <summary>Score of each interval.</summary>
    public double[] IntervalScore { get; set; } = [];

    /// <summary>The PIT histogram.</summary>
    public long[] Pit { get; set; } = [];

    internal static BacktestRow Of(string method, int step, int dimension, ForecastFigures figures) => new()
    {
        Method = method,
        Step = step,
        Dimension = dimension,
        Count = figures.Count,
        Missing = figures.Missing,
        MeanAbsoluteError = figures.MeanAbsoluteError,
        RootMeanSquaredError = figures.RootMeanSquaredError,
        Mase = figures.Mase,
        Rmsse = figures.Rmsse,
        Crps = figures.Crps,
        ScaledCrps = figures.ScaledCrps,
        EnergyScore = figures.EnergyScore,
        PathEnergyScore = figures.PathEnergyScore,
        QuantileLoss = figures.QuantileLoss,
        Probabilities = [.. figures.Quantiles.Select(q => q.Probability)],
        QuantileLosses = [.. figures.Quantiles.Select(q => q.Loss)],
        Levels = [.. figures.Intervals.Select(i => i.Level)],
        Coverage = [.. figures.Intervals.Select(i => i.Coverage)],
        IntervalScore = [.. figures.Intervals.Select(i => i.Score)],
        Pit = [.. figures.Pit],
    };
}
