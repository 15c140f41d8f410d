namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>One forecast's own figures, means over its observed values; NaN where there is nothing to measure.</summary>
internal readonly record struct ForecastScore(double AbsoluteError, double Crps);

/// <summary>Compares forecasts with what happened, one at a time, in a memory that does not grow with their number.</summary>
internal sealed class ForecastScorer
{
    private readonly int _horizon;
    private readonly int _size;
    private readonly ForecastMetricOptions _options;
    private readonly double[] _probabilities;
    private readonly int[] _ends;
    private readonly CellSums[] _cells;
    private readonly MeanSum[] _energy;
    private readonly Random _ties;
    private MeanSum _pathEnergy;
    private int _forecasts;

    /// <param name="horizon">H</param>
    /// <param name="size">D</param>
    /// <param name="options">What is measured; valid.</param>
    /// <param name="probabilities">Of the forecasts' quantiles, where they have any; else of those that are read off their paths.</param>
    public ForecastScorer(int horizon, int size, ForecastMetricOptions options, IReadOnlyList<double> probabilities)
    {
        (_horizon, _size, _options, _probabilities) = (horizon, size, options, [.. probabilities]);
        _ends = [.. options.Ends.Select(end => Array.FindIndex(_probabilities, p => Math.Abs(p - end) < 1e-9))];
        _cells = [.. Enumerable.Range(0, horizon * size).Select(_ => NewSums())];
        _energy = new MeanSum[horizon];
        _ties = new Random(options.Seed);
    }

    /// <summary>Scores a forecast.</summary>
    /// <param name="truth">H·D numbers, step-major; NaN is missing.</param>
    /// <param name="forecast">Of as many numbers.</param>
    /// <param name="scale">Of the sequence's past.</param>
    /// <exception cref="ArithmeticException">A forecast value is not finite where there is a truth; names step and dimension.</exception>
    public ForecastScore Add(ReadOnlySpan<float> truth, ProbabilisticForecast forecast, SeasonalScale scale)
    {
        _forecasts++;
        var (error, crps) = (default(MeanSum), default(MeanSum));
        var samples = new double[forecast.Paths.Length / truth.Length];
        for (int cell = 0; cell < truth.Length; cell++)
        {
            if (float.IsNaN(truth[cell]))
            {
                _cells[cell].AddMissing();
                continue;
            }
            int d = cell % _size;
            double difference = Finite(forecast.Mean[cell], cell) - truth[cell];
            _cells[cell].AddError(difference, scale.Absolute[d], scale.Squared[d]);
            error.Add(Math.Abs(difference));
            double[]? sorted = Samples(forecast, cell, samples);
            if (AddDistribution(forecast, sorted, cell, truth[cell], scale.Absolute[d]) is var found && !double.IsNaN(found))
                crps.Add(found);
        }
        AddEnergy(truth, forecast.Paths);
        return new ForecastScore(error.Mean, crps.Mean);
    }

    /// <summary>The figures of all forecasts so far.</summary>
    public ForecastMetrics Result()
    {
        bool single = _size == 1;
        var steps = new ForecastFigures[_horizon];
        var dimensions = new ForecastFigures[_size];
        for (int h = 0; h < _horizon; h++)
            steps[h] = Sum(Enumerable.Range(h * _size, _size)).Figures(single ? null : _energy[h].Mean);
        for (int d = 0; d < _size; d++)
            dimensions[d] = Sum(Enumerable.Range(0, _horizon).Select(h => h * _size + d)).Figures(null);
        var all = default(MeanSum);
        foreach (var step in _energy)
            all.Add(step);
        var overall = Sum(Enumerable.Range(0, _cells.Length)).Figures(single ? null : all.Mean, _pathEnergy.Mean);
        return new ForecastMetrics(_forecasts, overall, steps, dimensions, [.. _cells.Select(c => c.Figures(null))]);
    }

    // The CRPS, by samples where there are any, else by quantiles, else NaN.
    private double AddDistribution(ProbabilisticForecast forecast, double[]? sorted, int cell, double observation, double scale)
    {
        var sums = _cells[cell];
        double[]? quantiles = Quantiles(forecast, sorted, cell);
        if (quantiles is not null)
            sums.AddQuantiles(quantiles, Ends(quantiles, sorted), observation);
        if (sorted is null && quantiles is not { Length: > 0 })
            return double.NaN;
        double crps = sorted is not null ? Crps.OfSorted(sorted, observation, _options.Fair) : Crps.OfQuantiles(_probabilities, quantiles, observation);
        sums.AddCrps(crps, scale);
        if (sorted is not null)
            sums.AddPit(ProbabilityIntegral.Of(sorted, observation, _ties.NextDouble()));
        return crps;
    }

    private double[]? Samples(ProbabilisticForecast forecast, int cell, double[] samples)
    {
        if (samples.Length == 0)
            return null;
        for (int n = 0; n < samples.Length; n++)
            samples[n] = Finite(forecast.Paths[n * _cells.Length + cell], cell);
        Array.Sort(samples);
        return samples;
    }

    private double[]? Quantiles(ProbabilisticForecast forecast, double[]? sorted, int cell) =>
        forecast.Quantiles.Count > 0 ? [.. forecast.Quantiles.Select(q => Finite(q[cell], cell))]
        : sorted is not null ? [.. _probabilities.Select(p => SampleQuantile.OfSorted(sorted, p))]
        : null;

    // An end that is no given quantile is read off the samples.
    private double[] Ends(double[] quantiles, double[]? sorted)
    {
        var ends = new double[_ends.Length];
        int i = 0;
        foreach (double end in _options.Ends)
        {
            int place = _ends[i];
            ends[i++] = place >= 0 ? quantiles[place] : sorted is not null ? SampleQuantile.OfSorted(sorted, end) : double.NaN;
        }
        return ends;
    }

    private void AddEnergy(ReadOnlySpan<float> truth, float[] paths)
    {
        int count = Math.Min(paths.Length / truth.Length, _options.EnergyPaths);
        if (count == 0)
            return;
        double path = EnergyScore.OfSamples(paths.AsSpan(0, count * truth.Length), truth, _options.Fair);
        if (!double.IsNaN(path))
            _pathEnergy.Add(path);
        var step = new float[count * _size];
        for (int h = 0; _size > 1 && h < _horizon; h++)
        {
            for (int n = 0; n < count; n++)
                paths.AsSpan(n * truth.Length + h * _size, _size).CopyTo(step.AsSpan(n * _size));
            double energy = EnergyScore.OfSamples(step, truth.Slice(h * _size, _size), _options.Fair);
            if (!double.IsNaN(energy))
                _energy[h].Add(energy);
        }
    }

    private double Finite(float value, int cell) => float.IsFinite(value) ? value
        : throw new ArithmeticException($"the forecast is {value}, {cell / _size + 1} steps ahead, dimension {cell % _size} (counted from 0)");

    private CellSums Sum(IEnumerable<int> cells)
    {
        var sum = NewSums();
        foreach (int cell in cells)
            sum.Add(_cells[cell]);
        return sum;
    }

    private CellSums NewSums() => new(_probabilities, _options.Levels, _options.PitBins);

    private struct MeanSum
    {
        private double _sum;
        private long _count;

        public readonly double Mean => _sum / _count;

        public void Add(double value) => (_sum, _count) = (_sum + value, _count + 1);

        public void Add(MeanSum other) => (_sum, _count) = (_sum + other._sum, _count + other._count);
    }
}
