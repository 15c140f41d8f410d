namespace Microsoft.ML.StateSpace.Data;

/// <summary>Fits a <see cref="SequenceScaling"/> in one pass over the training sequences.</summary>
/// <remarks>Means and deviations are those of the observed values inside the lengths; static covariates count once a sequence.</remarks>
/// <param name="observations">Whether observations are standardised; controls and times always are, where there are any.</param>
/// <param name="regression">What observations are regressed on; null: nothing.</param>
internal sealed class ScalingFit(bool observations, ControlRegression? regression = null)
{
    private ColumnMoments[]? _observations;
    private ColumnMoments[]? _controls;
    private ControlRegressionFit? _regression;
    private double _gaps;
    private long _gapCount;
    private bool _hasTimes;

    /// <summary>The scaling that sequences call for; null: nothing is to be scaled.</summary>
    public static SequenceScaling? Of(IEnumerable<Sequence> sequences, bool observations, ControlRegression? regression = null)
    {
        var fit = new ScalingFit(observations, regression);
        foreach (var sequence in sequences)
            fit.Add(sequence);
        return fit.Result();
    }

    /// <summary>Takes a sequence, in the data's units, into account.</summary>
    public void Add(Sequence sequence)
    {
        var inputs = sequence.Inputs;
        _observations ??= Columns(observations ? sequence.ObservationSize : 0);
        _controls ??= Columns(inputs.ControlSize);
        _hasTimes = inputs.Times is not null;
        if (regression is not null)
            (_regression ??= new(regression, sequence.ObservationSize, inputs.ControlSize, inputs.StaticSize)).Add(sequence);
        for (int t = 0; t < sequence.Length; t++)
        {
            for (int d = 0; d < _observations.Length; d++)
                if (sequence.IsObserved(t, d))
                    _observations[d].Add(sequence.Observations[t * sequence.ObservationSize + d]);
            var own = inputs.OwnControlsOf(t);
            for (int u = 0; u < own.Length; u++)
                _controls[u].Add(own[u]);
            if (t > 0)
                (_gaps, _gapCount) = (_gaps + inputs.GapBefore(t), _gapCount + 1);
        }
        for (int s = 0; s < inputs.StaticSize; s++)
            _controls[_controls.Length - inputs.StaticSize + s].Add(inputs.Statics[s]);
    }

    /// <summary>The scaling of all that was added; null: nothing is to be scaled.</summary>
    public SequenceScaling? Result()
    {
        double gap = _gapCount > 0 ? _gaps / _gapCount : 1;
        var result = new SequenceScaling(
            _observations is { Length: > 0 } ? Scale(_observations, keepBinary: false) : null,
            _controls is { Length: > 0 } ? Scale(_controls, keepBinary: true) : null,
            _hasTimes ? (gap > 0 ? gap : 1) : null);
        if (_regression is not null && result.Controls is not null)
        {
            var (rest, weights) = _regression.Result(result.Controls);
            result = result with { Observations = rest, Regression = weights };
        }
        return result is { Observations: null, Controls: null, TimeGap: null } ? null : result;
    }

    private static ColumnMoments[] Columns(int count) => [.. Enumerable.Range(0, count).Select(_ => new ColumnMoments())];

    // A switch that is rarely on would be a number far from all others, so that it is left as it is.
    private static ColumnScale Scale(ColumnMoments[] columns, bool keepBinary) => new(
        [.. columns.Select(c => keepBinary && c.IsBinary ? 0 : c.Mean)], [.. columns.Select(c => keepBinary && c.IsBinary ? 1 : c.Deviation)]);

    /// <summary>Mean and variance of values as they come (Welford 1962): no large sums are subtracted.</summary>
    private sealed class ColumnMoments
    {
        // Around their mean, Singles that differ by less are one number and its rounding.
        private const double LeastRelativeDeviation = 1e-6;

        private long _count;
        private double _squares;

        /// <summary>0 where there was no value.</summary>
        public double Mean { get; private set; }

        /// <summary>Whether every value was 0 or 1.</summary>
        public bool IsBinary { get; private set; } = true;

        /// <summary>Of the population; 1 where the values do not vary.</summary>
        public double Deviation => Math.Sqrt(_squares / Math.Max(1, _count)) is var found && found > LeastRelativeDeviation * Math.Abs(Mean) ? found : 1;

        public void Add(float value)
        {
            _count++;
            double before = value - Mean;
            Mean += before / _count;
            _squares += before * (value - Mean);
            IsBinary &= value is 0 or 1;
        }
    }
}
