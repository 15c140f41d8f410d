using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Asks methods for forecasts from the same origins, and scores all of them alike.</summary>
internal sealed class Backtester
{
    // Forecasts that are held at a time.
    private const int Together = 64;

    private readonly BacktestOptions _options;
    private readonly IReadOnlyList<Sequence> _sequences;
    private readonly BacktestTraining _training;
    private readonly List<Origin> _origins;
    private readonly SeasonalScale[] _scales;
    private readonly ForecastQuestion _question;

    /// <param name="sequences">The data.</param>
    /// <param name="training">Sequences to learn from; null: the data before the origins.</param>
    /// <param name="validation">Sequences to choose by; null: a share of the training steps.</param>
    /// <param name="options">Valid.</param>
    /// <exception cref="InvalidOperationException">No sequence is long enough for an origin.</exception>
    public Backtester(IReadOnlyList<Sequence> sequences, IReadOnlyList<Sequence>? training, IReadOnlyList<Sequence>? validation, BacktestOptions options)
    {
        (_options, _sequences) = (options, sequences);
        _origins = RollingOrigins.Of(sequences, options);
        if (_origins.Count == 0)
            throw new InvalidOperationException($"No sequence has an origin: {options.Horizon} steps are forecast after {options.FirstOrigin ?? 1} or more, "
                + $"and the longest sequence has {sequences.Select(s => s.Length).DefaultIfEmpty(0).Max()}.");
        _training = new BacktestTraining(sequences, training, validation, options.ValidationFraction);
        _scales = Scales(training);
        _question = new ForecastQuestion(options.Horizon, options.Probabilities, options.Paths, options.Seed);
    }

    /// <summary>Every method's forecasts and how good they were.</summary>
    /// <exception cref="ArithmeticException">A forecast is not finite; names method, sequence, origin, step and dimension.</exception>
    public BacktestResult Run(IReadOnlyList<IForecastMethod> methods)
    {
        int forecast = _origins.DistinctBy(o => o.Sequence).Count();
        return new BacktestResult(forecast, _sequences.Count - forecast, _origins.Count, [.. methods.Select(Run)]);
    }

    private BacktestedMethod Run(IForecastMethod method)
    {
        var scorer = new ForecastScorer(_options.Horizon, _sequences[0].ObservationSize, _options.Metrics, _question.Probabilities);
        var scores = new List<OriginScore>();
        Stopwatch fitting = new(), forecasting = new();
        string? description = null;
        foreach (var group in _origins.GroupBy(o => _options.RefitEvery is { } every ? o.Number / every * every : 0).OrderBy(g => g.Key))
        {
            _options.Progress?.Report(new BacktestProgress(method.Name, scores.Count, _origins.Count));
            fitting.Start();
            using var forecaster = method.Fit(_training.Before(_origins, group.Key), _question, _options.CancellationToken);
            fitting.Stop();
            description = forecaster.Description;
            foreach (var together in group.Chunk(Together))
            {
                _options.CancellationToken.ThrowIfCancellationRequested();
                forecasting.Start();
                var found = forecaster.Forecast([.. together.Select(Context)]);
                forecasting.Stop();
                scores.AddRange(together.Zip(found, (origin, forecast) => Score(method, scorer, origin, forecast)));
                _options.Progress?.Report(new BacktestProgress(method.Name, scores.Count, _origins.Count));
            }
        }
        return new BacktestedMethod(method.Name, scorer.Result(), description, fitting.Elapsed, forecasting.Elapsed, scores);
    }

    private OriginScore Score(IForecastMethod method, ForecastScorer scorer, Origin origin, ProbabilisticForecast forecast)
    {
        try
        {
            var score = scorer.Add(Truth(origin), forecast, _scales[origin.Sequence]);
            return new OriginScore
            {
                Method = method.Name,
                SequenceId = NameOf(origin),
                Origin = origin.Known,
                MeanAbsoluteError = score.AbsoluteError,
                Crps = score.Crps,
            };
        }
        catch (ArithmeticException e)
        {
            throw new ArithmeticException($"Method '{method.Name}', sequence '{NameOf(origin)}', origin {origin.Known}: {e.Message}", e);
        }
    }

    // Each origin draws by a key of its own: errors of the draws then average out over the origins.
    private Sequence Context(Origin origin)
    {
        int start = _options.MaxContext is { } most ? Math.Max(0, origin.Known - most) : 0;
        var context = _sequences[origin.Sequence].Slice(start, origin.Known - start);
        return context.WithNoiseKey(context.NoiseKey ^ ((ulong)origin.Known + 1) * 0x9E3779B97F4A7C15);
    }

    private float[] Truth(Origin origin)
    {
        var sequence = _sequences[origin.Sequence];
        int size = sequence.ObservationSize;
        float[] truth = sequence.Observations.Slice(origin.Known * size, _options.Horizon * size).ToArray();
        for (int i = 0; i < truth.Length; i++)
            if (!sequence.IsObserved(origin.Known + i / size, i % size))
                truth[i] = float.NaN;
        return truth;
    }

    // Of each sequence's own past before its first origin; where that tells nothing, of all training sequences.
    private SeasonalScale[] Scales(IReadOnlyList<Sequence>? training)
    {
        int size = _sequences[0].ObservationSize, season = _options.Metrics.Season;
        var result = new SeasonalScale[_sequences.Count];
        var shared = training is null ? SeasonalScale.None(size) : Pooled(training, size, season);
        foreach (var origin in _origins.Where(o => o.Number == 0))
        {
            float[] past = TrainingValues.Values(_sequences[origin.Sequence].Slice(0, origin.Known));
            result[origin.Sequence] = SeasonalScale.Of(past, size, season).Or(shared);
        }
        return result;
    }

    // A season of missing steps between two sequences keeps pairs from reaching over.
    private static SeasonalScale Pooled(IReadOnlyList<Sequence> training, int size, int season)
    {
        float[] gap = [.. Enumerable.Repeat(float.NaN, season * size)];
        return SeasonalScale.Of([.. training.SelectMany(s => TrainingValues.Values(s).Concat(gap))], size, season);
    }

    private string NameOf(Origin origin) => _sequences[origin.Sequence].Id ?? origin.Sequence.ToString(CultureInfo.InvariantCulture);
}
