namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>Sums over forecast values, which figures are made of; they add up over steps and dimensions.</summary>
/// <param name="probabilities">Of the quantiles.</param>
/// <param name="levels">Of the intervals.</param>
/// <param name="bins">Bars of the PIT histogram.</param>
internal sealed class CellSums(IReadOnlyList<double> probabilities, IReadOnlyList<double> levels, int bins)
{
    private readonly double[] _loss = new double[probabilities.Count], _below = new double[probabilities.Count];
    private readonly double[] _inside = new double[levels.Count], _score = new double[levels.Count], _width = new double[levels.Count];
    private readonly long[] _pit = new long[bins];
    private double _absolute, _squared, _scaledAbsolute, _scaledSquared, _crps, _scaledCrps;
    private long _count, _missing, _scaledCount, _sampled, _scaledSampled, _quantiled;

    public void AddMissing() => _missing++;

    /// <summary>A value's errors; the scale is not known where it is NaN, 0 or infinite.</summary>
    public void AddError(double error, double absoluteScale, double squaredScale)
    {
        _count++;
        _absolute += Math.Abs(error);
        _squared += error * error;
        if (!IsScale(absoluteScale))
            return;
        _scaledCount++;
        _scaledAbsolute += Math.Abs(error) / absoluteScale;
        _scaledSquared += error * error / squaredScale;
    }

    public void AddCrps(double crps, double absoluteScale)
    {
        _sampled++;
        _crps += crps;
        if (!IsScale(absoluteScale))
            return;
        _scaledSampled++;
        _scaledCrps += crps / absoluteScale;
    }

    public void AddPit(double place) => _pit[Math.Min((int)(place * bins), bins - 1)]++;

    /// <summary>Every quantile and interval of a value.</summary>
    /// <param name="quantiles">As many as probabilities.</param>
    /// <param name="ends">Lower and upper end of each interval.</param>
    /// <param name="observation">y</param>
    public void AddQuantiles(ReadOnlySpan<double> quantiles, ReadOnlySpan<double> ends, double observation)
    {
        _quantiled++;
        for (int q = 0; q < quantiles.Length; q++)
        {
            _loss[q] += QuantileLoss.Of(quantiles[q], observation, probabilities[q]);
            _below[q] += observation <= quantiles[q] ? 1 : 0;
        }
        for (int i = 0; i < levels.Count; i++)
        {
            double lower = ends[2 * i], upper = ends[2 * i + 1];
            // Where an end is not known, neither is what follows from it.
            _inside[i] += double.IsNaN(upper - lower) ? double.NaN : IntervalScore.Covers(lower, upper, observation) ? 1 : 0;
            _score[i] += IntervalScore.Of(lower, upper, observation, levels[i]);
            _width[i] += upper - lower;
        }
    }

    public void Add(CellSums other)
    {
        _count += other._count;
        _missing += other._missing;
        _scaledCount += other._scaledCount;
        _sampled += other._sampled;
        _scaledSampled += other._scaledSampled;
        _quantiled += other._quantiled;
        _absolute += other._absolute;
        _squared += other._squared;
        _scaledAbsolute += other._scaledAbsolute;
        _scaledSquared += other._scaledSquared;
        _crps += other._crps;
        _scaledCrps += other._scaledCrps;
        Add(_loss, other._loss);
        Add(_below, other._below);
        Add(_inside, other._inside);
        Add(_score, other._score);
        Add(_width, other._width);
        for (int i = 0; i < bins; i++)
            _pit[i] += other._pit[i];
    }

    /// <summary>The figures.</summary>
    /// <param name="energy">Mean energy score; null: that of single numbers, which is the CRPS.</param>
    /// <param name="pathEnergy">Mean energy score of whole paths, or NaN.</param>
    public ForecastFigures Figures(double? energy, double pathEnergy = double.NaN) => new()
    {
        Count = _count,
        Missing = _missing,
        MeanAbsoluteError = _absolute / _count,
        RootMeanSquaredError = Math.Sqrt(_squared / _count),
        Mase = _scaledAbsolute / _scaledCount,
        Rmsse = Math.Sqrt(_scaledSquared / _scaledCount),
        ScaledCount = _scaledCount,
        Crps = _crps / _sampled,
        ScaledCrps = _scaledCrps / _scaledSampled,
        EnergyScore = energy ?? _crps / _sampled,
        PathEnergyScore = pathEnergy,
        QuantileLoss = probabilities.Count == 0 ? double.NaN : _loss.Sum() / probabilities.Count / _quantiled,
        Quantiles = [.. probabilities.Select((p, q) => new QuantileFigures(p, _loss[q] / _quantiled, _below[q] / _quantiled))],
        Intervals = [.. levels.Select((level, i) => new IntervalFigures(level, _inside[i] / _quantiled, _score[i] / _quantiled, _width[i] / _quantiled))],
        Pit = _pit,
    };

    private static bool IsScale(double scale) => scale > 0 && double.IsFinite(scale);

    private static void Add(double[] sums, double[] others)
    {
        for (int i = 0; i < sums.Length; i++)
            sums[i] += others[i];
    }
}
