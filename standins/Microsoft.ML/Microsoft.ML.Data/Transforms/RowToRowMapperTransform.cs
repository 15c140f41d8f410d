using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A data view with the columns of a mapper added.</summary>
internal sealed class RowToRowMapperTransform : IDataView, IRowToRowMapper
{
    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly IRowMapper _mapper;
    private readonly ColumnBindings _bindings;

    public RowToRowMapperTransform(IHostEnvironment env, IDataView source, IRowMapper mapper)
    {
        (_host, _source, _mapper) = (env.Register(nameof(RowToRowMapperTransform)), source, mapper);
        _bindings = new ColumnBindings(source.Schema, mapper.GetOutputColumns());
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema => _bindings.Schema;

    public DataViewSchema InputSchema => _source.Schema;

    public DataViewSchema OutputSchema => _bindings.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = ActiveColumns.Of(columnsNeeded, Schema);
        return new Cursor(_host, _source.GetRowCursor(_bindings.Dependencies(active, _mapper), rand), _bindings, _mapper, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = ActiveColumns.Of(columnsNeeded, Schema);
        var inputs = _source.GetRowCursorSet(_bindings.Dependencies(active, _mapper), n, rand);
        return inputs.Select(input => (DataViewRowCursor)new Cursor(_host, input, _bindings, _mapper, active)).ToArray();
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        _bindings.Dependencies(ActiveColumns.Of(dependingColumns, Schema), _mapper);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _host.CheckValue(input, nameof(input));
        _host.CheckValue(activeColumns, nameof(activeColumns));
        _host.Check(input.Schema == InputSchema, "Schema of input row must be the same as the schema the mapper is bound to");
        return new Row(input, _bindings, _mapper, ActiveColumns.Of(activeColumns, Schema));
    }

    private static ValueGetter<TValue> Typed<TValue>(Delegate getter) => getter as ValueGetter<TValue>
        ?? throw Contracts.Except($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter?.GetType().GetGenericArguments()[0]}'.");

    private sealed class Row(DataViewRow input, ColumnBindings bindings, IRowMapper mapper, bool[] active) : WrappingRow(input)
    {
        private readonly Delegate[] _getters = mapper.CreateGetters(input, bindings.ActiveAdded(active));

        public override DataViewSchema Schema => bindings.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) =>
            bindings.IsInput(column.Index, out int index) ? Input.IsColumnActive(Input.Schema[index]) : _getters[index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            bindings.IsInput(column.Index, out int index) ? Input.GetGetter<TValue>(Input.Schema[index]) : Typed<TValue>(_getters[index]);
    }

    private sealed class Cursor(IHost host, DataViewRowCursor input, ColumnBindings bindings, IRowMapper mapper, bool[] active)
        : SynchronizedCursorBase(host, input)
    {
        private readonly Delegate[] _getters = mapper.CreateGetters(input, bindings.ActiveAdded(active));

        public override DataViewSchema Schema => bindings.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column)
        {
            Ch.Check(column.Index < bindings.Schema.Count);
            return active[column.Index];
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.Check(IsColumnActive(column));
            return bindings.IsInput(column.Index, out int index) ? Input.GetGetter<TValue>(Input.Schema[index]) : Typed<TValue>(_getters[index]);
        }
    }
}
