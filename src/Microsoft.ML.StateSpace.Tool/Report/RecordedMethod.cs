using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>A method whose forecasts are kept as they are scored, so that what is drawn is what the metrics are of.</summary>
internal sealed class RecordedMethod(IForecastMethod method) : IForecastMethod
{
    private readonly List<ProbabilisticForecast> _forecasts = [];

    public string Name => method.Name;

    /// <summary>Every forecast, in the order of the origins.</summary>
    public IReadOnlyList<ProbabilisticForecast> Forecasts => _forecasts;

    /// <summary>Of the forecasts' quantiles.</summary>
    public IReadOnlyList<double> Probabilities { get; private set; } = [];

    public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
    {
        Probabilities = question.Probabilities;
        return new Recorder(method.Fit(training, question, cancellation), _forecasts);
    }

    private sealed class Recorder(IForecaster forecaster, List<ProbabilisticForecast> record) : IForecaster
    {
        public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts)
        {
            IReadOnlyList<ProbabilisticForecast> found = forecaster.Forecast(contexts);
            // Paths are the bulk of it, and are not drawn.
            record.AddRange(found.Select(forecast => forecast with { Paths = [] }));
            return found;
        }

        public void Dispose() => forecaster.Dispose();
    }
}
