using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A data view of sequences with their forecasts added, computed in batches and only where asked for.</summary>
/// <remarks>Never shuffled: controls may be given by the order of the rows.</remarks>
internal sealed class ForecastDataView(IDataView input, ForecastScoring scoring) : IDataView
{
    private readonly BatchingDataView<ForecastRow, SequenceForecast> _view = new(input, scoring);

    public bool CanShuffle => false;

    public DataViewSchema Schema => _view.Schema;

    public long? GetRowCount() => _view.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => _view.GetRowCursor(columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        _view.GetRowCursorSet(columnsNeeded, n);
}

/// <summary>How rows are read, forecast together, and given out as columns: ForecastMean, Quantile_p …, Paths.</summary>
internal sealed class ForecastScoring : BatchScoring<ForecastRow, SequenceForecast>
{
    private readonly DataViewSchema _input;
    private readonly SequenceBinding _binding;
    private readonly SequenceForecaster _forecaster;
    private readonly FutureControls? _controls;
    private readonly DataShape _data;
    private readonly string? _controlColumn;
    private readonly DataViewSchema.Column? _id;
    private readonly List<Func<SequenceForecast, float[]>> _values = [];

    public ForecastScoring(DataViewSchema input, SequenceBinding binding, SequenceForecaster forecaster, ForecastOptions options,
        FutureControls? controls, DataShape data, string? controlColumn, string? idColumn)
    {
        (_input, _binding, _forecaster, _controls, _data, _controlColumn) = (input, binding, forecaster, controls, data, controlColumn);
        _id = idColumn is null ? null : input[idColumn];
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        string[] names = ScoreAnnotations.NamesOfObservations(binding.Observations, data.ObservationSize);
        uint setId = ScoreAnnotations.NextSetId(input);
        void Add(string name, Func<SequenceForecast, float[]> values, (string, string)? kind, ScoreAxis[] outer, params int[] sizes)
        {
            var column = new ScoreColumn(name, ScoreOutputs.None, _ => [], [.. outer, ScoreAxis.Ahead, ScoreAxis.Observation], kind);
            int[] dimensions = [.. sizes, forecaster.Horizon, data.ObservationSize];
            builder.AddColumn(name, new VectorDataViewType(NumberDataViewType.Single, dimensions),
                ScoreAnnotations.Of(column, dimensions, new ScoringOptions(), names, setId));
            _values.Add(values);
        }
        Add("ForecastMean", f => f.Mean, ScoreColumns.Mean, []);
        for (int q = 0; q < options.Quantiles.Count; q++)
        {
            int place = q;
            Add(ForecastOptions.ColumnOf(options.Quantiles[q]), f => f.Quantiles[place], ScoreColumns.Quantile, []);
        }
        if (options.Paths > 0)
            Add("Paths", f => f.Paths, null, [ScoreAxis.Path], options.Paths);
        OutputSchema = builder.ToSchema();
    }

    public override DataViewSchema OutputSchema { get; }

    public override int InputColumnCount => _input.Count;

    public override int RowsPerBatch => _forecaster.RowsPerBatch;

    public override IEnumerable<DataViewSchema.Column> RowColumns =>
        _id is { } id ? _binding.Columns.Append(id).DistinctBy(c => c.Index) : _binding.Columns;

    /// <exception cref="SequenceFormatException">A row's controls are too short; names row, column and lengths.</exception>
    public override Func<ForecastRow> CreateReader(DataViewRow input)
    {
        var read = _binding.CreateReader(input);
        var readId = _id is { } column ? SequenceBinding.IdGetter(input, column) : null;
        return () =>
        {
            var steps = read();
            string? id = readId?.Invoke();
            try
            {
                var future = new Future(steps.Inputs, steps.Length, _controls?.Of(input.Position, id));
                return future.FaultFor(_data, _forecaster.Horizon) is { } fault ? throw new SequenceFormatException(fault) : new ForecastRow(steps, future.Controls);
            }
            catch (SequenceFormatException e)
            {
                throw e.At($"row {input.Position}{(id is null ? "" : $" ('{id}')")}, column '{_controlColumn}'");
            }
        };
    }

    public override IReadOnlyList<SequenceForecast> Score(IReadOnlyList<ForecastRow> rows, IReadOnlyList<DataViewSchema.Column> computed) =>
        _forecaster.Forecast(rows);

    public override string? FaultOf(DataViewSchema.Column column, SequenceForecast forecast) =>
        float.IsFinite(forecast.LogLikelihood) && Array.TrueForAll(_values[column.Index - InputColumnCount](forecast), float.IsFinite) ? null
            : "the forecast is not finite; look at the sequence's values";

    public override Delegate CreateGetter(DataViewSchema.Column column, Func<SequenceForecast> current)
    {
        var values = _values[column.Index - InputColumnCount];
        return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Scores.CopyTo(values(current()), ref value));
    }
}
