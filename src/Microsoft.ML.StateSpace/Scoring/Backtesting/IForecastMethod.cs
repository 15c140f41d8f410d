using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>A way to forecast: what a backtest compares.</summary>
/// <remarks>Every method is asked the same question of the same sequences, and its answers are scored by the same code.</remarks>
public interface IForecastMethod
{
    /// <summary>What tables call it.</summary>
    string Name { get; }

    /// <summary>What keeps the method from working, sentence by sentence; empty when nothing does.</summary>
    IEnumerable<string> Validate() => [];

    /// <summary>Learns what it needs from the past.</summary>
    /// <param name="training">Sequences to learn from.</param>
    /// <param name="question">What will be asked.</param>
    /// <param name="cancellation">Stops the learning.</param>
    /// <exception cref="InvalidOperationException">There is too little to learn from.</exception>
    IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation);
}

/// <summary>A method that has learned.</summary>
public interface IForecaster : IDisposable
{
    /// <summary>What it has learned, for people; null: nothing to tell.</summary>
    string? Description => null;

    /// <summary>Forecasts the steps after each sequence's last step, in order.</summary>
    /// <param name="contexts">What was observed before. Every step counts, observed or not; their inputs reach as far as the question.</param>
    IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts);
}

/// <summary>What a forecasting method may learn from.</summary>
/// <param name="Training">At least one sequence with an observed value.</param>
/// <param name="Validation">Sequences to choose by; may be empty.</param>
public sealed record ForecastTraining(IReadOnlyList<Sequence> Training, IReadOnlyList<Sequence> Validation);

/// <summary>What a forecasting method is asked.</summary>
/// <param name="Horizon">H, steps ahead.</param>
/// <param name="Probabilities">Of the quantiles.</param>
/// <param name="Paths">N, sample paths.</param>
/// <param name="Seed">Of the draws, with each sequence's own key.</param>
public sealed record ForecastQuestion(int Horizon, IReadOnlyList<double> Probabilities, int Paths, int Seed);
