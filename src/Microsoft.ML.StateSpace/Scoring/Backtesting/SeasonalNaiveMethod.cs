using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Forecasts the value one season before, or as many seasons as it takes to reach an observed one.</summary>
/// <remarks>Its paths add the errors that the same forecast would have made in the training data from origins drawn there: whole paths of
/// errors of all dimensions, centred at each step ahead. So they keep what errors have to do with each other.</remarks>
public sealed record SeasonalNaiveMethod : IForecastMethod
{
    private const int Draws = 2000;

    /// <summary>m, steps of a season, at least 1.</summary>
    public int Season { get; init; } = 24;

    /// <inheritdoc/>
    public string Name => "seasonal-naive";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Season < 1)
            yield return $"Season is {Season}; it must be at least 1.";
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The training data are too short for the season and the horizon, or a dimension is
    /// not observed in two seasons.</exception>
    public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
    {
        var values = new TrainingValues(training);
        var past = new PastErrors(values, Season, question.Horizon);
        var random = new Random(question.Seed);
        var paths = new float[Math.Max(Draws, question.Paths)][];
        for (int n = 0; n < paths.Length; n++)
        {
            cancellation.ThrowIfCancellationRequested();
            paths[n] = past.Draw(random);
        }
        return new Forecaster(this, question, values, new ErrorPaths(question, paths));
    }

    private sealed class Forecaster(SeasonalNaiveMethod method, ForecastQuestion question, TrainingValues training, ErrorPaths errors) : IForecaster
    {
        public string Description => $"season {method.Season}";

        public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts) =>
            [.. contexts.Select(c => errors.Around(Point(c), c.NoiseKey))];

        public void Dispose()
        {
        }

        private float[] Point(Sequence context)
        {
            var point = new float[question.Horizon * training.Size];
            for (int i = 0; i < point.Length; i++)
                point[i] = At(context, i / training.Size, i % training.Size);
            return point;
        }

        // The value so many whole seasons ago that it is known, else the last known one, else the training mean.
        private float At(Sequence context, int h, int d)
        {
            for (int t = context.Length + h - method.Season; t >= 0; t -= method.Season)
                if (t < context.Length && context.IsObserved(t, d))
                    return context.Observations[t * training.Size + d];
            for (int t = context.Length - 1; t >= 0; t--)
                if (context.IsObserved(t, d))
                    return context.Observations[t * training.Size + d];
            return (float)training.Mean[d];
        }
    }
}

/// <summary>The errors that the seasonal-naive forecast made in the training data: x_{s+h} − x_{s+h−km}, k seasons before, from every origin s.</summary>
internal sealed class PastErrors
{
    // Tries to find another origin where an error is not known.
    private const int Tries = 1000;

    private readonly TrainingValues _values;
    private readonly int _season;
    private readonly int _horizon;
    private readonly double[] _mean;
    private readonly (int Row, int Origin)[] _origins;

    public PastErrors(TrainingValues values, int season, int horizon)
    {
        (_values, _season, _horizon) = (values, season, horizon);
        _origins = [.. values.Rows.SelectMany((row, r) => Enumerable.Range(season, Math.Max(0, row.Length / values.Size - season - horizon + 1)).Select(s => (r, s)))];
        if (_origins.Length == 0)
            throw new InvalidOperationException($"The seasonal naive forecast of {horizon} steps needs a training sequence of {season + horizon} steps, a season and a horizon; "
                + $"the longest has {values.Rows.Max(r => r.Length) / values.Size}.");
        _mean = new double[horizon * values.Size];
        for (int cell = 0; cell < _mean.Length; cell++)
            _mean[cell] = MeanOf(cell);
    }

    /// <summary>A path of H·D errors about their mean.</summary>
    public float[] Draw(Random random)
    {
        var origin = _origins[random.Next(_origins.Length)];
        var path = new float[_mean.Length];
        for (int cell = 0; cell < path.Length; cell++)
        {
            float error = Error(origin, cell);
            for (int i = 0; float.IsNaN(error) && i < Tries; i++)
                error = Error(_origins[random.Next(_origins.Length)], cell);
            path[cell] = float.IsNaN(error) ? 0 : error - (float)_mean[cell];
        }
        return path;
    }

    private double MeanOf(int cell)
    {
        double sum = 0;
        long count = 0;
        foreach (var origin in _origins)
            if (Error(origin, cell) is var error && !float.IsNaN(error))
                (sum, count) = (sum + error, count + 1);
        return count > 0 ? sum / count
            : throw new InvalidOperationException($"The training data never observe dimension {cell % _values.Size} at two steps {SeasonsBefore(cell)} apart; the seasonal naive forecast cannot tell its errors.");
    }

    private int SeasonsBefore(int cell) => (cell / _values.Size / _season + 1) * _season;

    private float Error((int Row, int Origin) origin, int cell)
    {
        float[] row = _values.Rows[origin.Row];
        int place = origin.Origin * _values.Size + cell, before = place - SeasonsBefore(cell) * _values.Size;
        return before < 0 ? float.NaN : row[place] - row[before];
    }
}
