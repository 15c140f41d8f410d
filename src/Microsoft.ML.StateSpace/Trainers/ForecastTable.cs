using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Forecasts and their truth as the rows of a data view.</summary>
internal sealed class ForecastTable
{
    private const string QuantilePrefix = "Quantile_";

    private readonly ForecastEvaluationOptions _options;
    private readonly DataViewSchema.Column _truth;
    private readonly DataViewSchema.Column? _mean;
    private readonly DataViewSchema.Column? _paths;
    private readonly DataViewSchema.Column? _past;
    private readonly (double Probability, DataViewSchema.Column Column)[] _quantiles;
    private readonly int _size;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public ForecastTable(DataViewSchema schema, ForecastEvaluationOptions options)
    {
        _options = options;
        _truth = Find(schema, options.TruthColumnName);
        _mean = FindAny(schema, options.MeanColumnName, "ForecastMean", "Forecast");
        _paths = FindAny(schema, options.PathsColumnName, "Paths", "ForecastPaths");
        _past = options.PastColumnName is null ? null : Find(schema, options.PastColumnName);
        _quantiles = [.. (options.QuantileColumnNames?.Select(q => (q.Key, Find(schema, q.Value))) ?? Named(schema)).OrderBy(q => q.Item1)];
        if (_mean is null && _paths is null)
            throw new ArgumentOutOfRangeException(nameof(schema), $"The data has neither a mean nor paths of forecasts; its columns are {string.Join(", ", schema.Select(c => c.Name))}.");
        _size = options.ObservationSize ?? SizeOf(_truth) ?? (_mean is { } mean ? SizeOf(mean) : null)
            ?? throw new ArgumentOutOfRangeException(nameof(schema), $"Column '{_truth.Name}' is {_truth.Type}, which does not tell how many numbers a step has; set ObservationSize.");
    }

    /// <summary>Reads and scores every row.</summary>
    /// <exception cref="SequenceFormatException">A row's vectors do not fit each other, or a forecast is not finite; names row and column.</exception>
    /// <exception cref="InvalidOperationException">There is no row.</exception>
    public ForecastMetrics Evaluate(IDataView data)
    {
        using var cursor = data.GetRowCursor(new[] { _truth, _mean, _paths, _past }.OfType<DataViewSchema.Column>().Concat(_quantiles.Select(q => q.Column)).DistinctBy(c => c.Index));
        var read = Reader(cursor);
        ForecastScorer? scorer = null;
        int numbers = 0;
        while (cursor.MoveNext())
        {
            try
            {
                var (truth, forecast, past) = read();
                if (scorer is not null && truth.Length != numbers)
                    throw new SequenceFormatException($"the truth has {truth.Length / _size} steps, that of the first row {numbers / _size}; all rows must have the same horizon");
                numbers = truth.Length;
                scorer ??= new ForecastScorer(numbers / _size, _size, _options.Metrics, _quantiles.Length > 0 ? [.. _quantiles.Select(q => q.Probability)] : _options.Quantiles);
                scorer.Add(truth, forecast, past is null ? SeasonalScale.None(_size) : SeasonalScale.Of(past, _size, _options.Metrics.Season));
            }
            catch (SequenceFormatException e)
            {
                throw e.At($"row {cursor.Position}");
            }
            catch (ArithmeticException e)
            {
                throw new SequenceFormatException(e.Message).At($"row {cursor.Position}");
            }
        }
        return scorer?.Result() ?? throw new InvalidOperationException("The data has no rows.");
    }

    private Func<(float[] Truth, ProbabilisticForecast Forecast, float[]? Past)> Reader(DataViewRow row)
    {
        var truth = Getter(row, _truth);
        var mean = _mean is { } m ? Getter(row, m) : null;
        var paths = _paths is { } p ? Getter(row, p) : null;
        var past = _past is { } b ? Getter(row, b) : null;
        Func<float[]>[] quantiles = [.. _quantiles.Select(q => Getter(row, q.Column))];
        return () =>
        {
            float[] happened = truth(), drawn = paths?.Invoke() ?? [];
            if (happened.Length == 0 || happened.Length % _size != 0)
                throw new SequenceFormatException($"the truth has {happened.Length} numbers, which do not divide into steps of {_size}").At($"column '{_truth.Name}'");
            if (drawn.Length % happened.Length != 0 || (mean is null && drawn.Length == 0))
                throw new SequenceFormatException($"the paths have {drawn.Length} numbers, which is no multiple of the truth's {happened.Length}").At($"column '{_paths!.Value.Name}'");
            var centre = mean is null ? MeanOf(drawn, happened.Length) : Fitting(mean(), happened.Length, _mean!.Value);
            return (happened, new ProbabilisticForecast(centre, [.. quantiles.Select((q, i) => Fitting(q(), happened.Length, _quantiles[i].Column))], drawn), past?.Invoke());
        };
    }

    private static float[] Fitting(float[] values, int numbers, DataViewSchema.Column column) => values.Length == numbers ? values
        : throw new SequenceFormatException($"there are {values.Length} numbers, but {numbers} of the truth").At($"column '{column.Name}'");

    private static float[] MeanOf(float[] paths, int numbers)
    {
        var sums = new double[numbers];
        for (int i = 0; i < paths.Length; i++)
            sums[i % numbers] += paths[i];
        return [.. sums.Select(sum => (float)(sum * numbers / paths.Length))];
    }

    private static IEnumerable<(double, DataViewSchema.Column)> Named(DataViewSchema schema)
    {
        foreach (var column in schema)
            if (!column.IsHidden && column.Name.StartsWith(QuantilePrefix, StringComparison.Ordinal)
                && double.TryParse(column.Name.AsSpan(QuantilePrefix.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double probability)
                && probability is > 0 and < 1)
                yield return (probability, Find(schema, column.Name));
    }

    private static DataViewSchema.Column? FindAny(DataViewSchema schema, string? given, params string[] usual) =>
        (given ?? usual.FirstOrDefault(name => schema.GetColumnOrNull(name) is not null)) is { } name ? Find(schema, name) : null;

    private static DataViewSchema.Column Find(DataViewSchema schema, string name) =>
        SequenceBinding.Find(schema, name, SequenceColumnTypes.IsObservations, SequenceColumnTypes.Observations);

    private static int? SizeOf(DataViewSchema.Column column) => ((VectorDataViewType)column.Type).Dimensions is { Length: > 1 } dimensions && dimensions[^1] > 0 ? dimensions[^1] : null;

    private static Func<float[]> Getter(DataViewRow row, DataViewSchema.Column column) =>
        ((VectorDataViewType)column.Type).ItemType.Equals(NumberDataViewType.Single) ? Getter<float>(row, column, v => v) : Getter<double>(row, column, v => (float)v);

    private static Func<float[]> Getter<T>(DataViewRow row, DataViewSchema.Column column, Func<T, float> convert)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        var buffer = default(VBuffer<T>);
        return () =>
        {
            getter(ref buffer);
            return [.. buffer.DenseValues().Select(convert)];
        };
    }
}
