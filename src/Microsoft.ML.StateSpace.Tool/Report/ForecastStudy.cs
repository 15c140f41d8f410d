using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>Forecasts of the tails of sequences, which the model is not shown, beside what happened.</summary>
internal sealed class ForecastStudy
{
    private const int MostUsual = 24;

    private readonly Dictionary<int, Fan> _fans = [];

    private ForecastStudy(ForecastContent content) => Content = content;

    /// <summary>Levels of the intervals whose coverage is measured.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

    public ForecastContent Content { get; }

    /// <summary>The last forecast of a sequence by its place among those forecast; null where it is too short.</summary>
    public Fan? FanOf(int place) => _fans.GetValueOrDefault(place);

    /// <summary>Makes the forecasts; null where no sequence is long enough for the usual horizon.</summary>
    /// <exception cref="InvalidOperationException">No sequence is long enough for the horizon asked for.</exception>
    /// <exception cref="ArithmeticException">A forecast is not finite; names sequence, origin, step and dimension.</exception>
    public static ForecastStudy? Of(DeepMarkovTransformer model, IReadOnlyList<Sequence> sequences, ReportOptions options, bool isBinary,
        Action<double, string> report, CancellationToken cancellation)
    {
        int horizon = options.Horizon ?? UsualHorizon(model, sequences);
        if (options.Horizon is null && sequences.All(s => s.Length <= horizon))
            return null;
        var asked = new BacktestOptions
        {
            Horizon = horizon,
            Origins = options.Origins,
            Paths = options.Paths,
            Baselines = [],
            Seed = options.Seed,
            Metrics = new ForecastMetricOptions { Levels = Levels, Seed = options.Seed },
            Progress = new ForecastProgress(report),
            CancellationToken = cancellation,
        };
        var method = new RecordedMethod(new TrainedMethod(model, "model"));
        BacktestResult result = new Backtester(sequences, null, null, asked).Run([method]);
        List<Origin> origins = RollingOrigins.Of(sequences, asked);
        var study = new ForecastStudy(new ForecastContent(horizon, result.Sequences, result.Skipped, result.Methods[0].Metrics,
            isBinary ? ReliabilityOf(sequences, origins, method.Forecasts) : null));
        // The last origin of each sequence stays.
        foreach (var (origin, forecast) in origins.Zip(method.Forecasts))
            study._fans[origin.Sequence] = new Fan(origin.Known, forecast, method.Probabilities);
        return study;
    }

    private static int UsualHorizon(DeepMarkovTransformer model, IReadOnlyList<Sequence> sequences)
    {
        int[] lengths = [.. sequences.Select(s => s.Length).Order()];
        return model.Options.Horizon > 1 ? model.Options.Horizon : Math.Clamp(lengths[lengths.Length / 2] / 4, 1, MostUsual);
    }

    private static Reliability ReliabilityOf(IReadOnlyList<Sequence> sequences, List<Origin> origins, IReadOnlyList<ProbabilisticForecast> forecasts)
    {
        var reliability = new Reliability();
        foreach (var (origin, forecast) in origins.Zip(forecasts))
        {
            Sequence sequence = sequences[origin.Sequence];
            int size = sequence.ObservationSize;
            for (int i = 0; i < forecast.Mean.Length; i++)
            {
                if (sequence.IsObserved(origin.Known + i / size, i % size))
                    reliability.Add(forecast.Mean[i], sequence.Observations[origin.Known * size + i]);
            }
        }

        return reliability;
    }

    // Progress<T> would report on another thread, and late.
    private sealed class ForecastProgress(Action<double, string> report) : IProgress<BacktestProgress>
    {
        public void Report(BacktestProgress value) => report(value.Total == 0 ? 0 : (double)value.Done / value.Total, $"{value.Done} of {value.Total} forecasts");
    }
}
