using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The getters of the active columns over a current object.</summary>
internal sealed class ObjectGetters<TRow>(IHost host, RowColumn[] columns, Func<int, bool> active, Func<TRow> current) where TRow : class
{
    private readonly Delegate[] _getters = columns.Select((c, i) => active(i) ? Getters.FromMember(c, current) : null).ToArray();

    public bool IsActive(DataViewSchema.Column column)
    {
        if (column.Index >= _getters.Length)
            throw host.Except("Column index must be between 0 and {0}", _getters.Length);
        return _getters[column.Index] is not null;
    }

    public ValueGetter<TValue> Get<TValue>(DataViewSchema.Column column)
    {
        host.CheckParam(IsActive(column), nameof(column), "requested column not active");
        return _getters[column.Index] as ValueGetter<TValue>
            ?? throw host.Except($"Invalid TValue in GetGetter for column #{column}: '{typeof(TValue)}', " +
                $"expected type: '{_getters[column.Index].GetType().GetGenericArguments()[0]}'.");
    }
}

/// <summary>A row whose values are those of an object that the owner exchanges.</summary>
internal sealed class InputRow<TRow> : DataViewRow where TRow : class
{
    private readonly IHost _host;
    private readonly ObjectGetters<TRow> _getters;
    private TRow _current;
    private long _position = -1;

    public InputRow(IHostEnvironment env, SchemaDefinition definition)
    {
        _host = env.Register("Row");
        var columns = RowColumn.Bind(typeof(TRow), definition, SchemaDefinition.Direction.Read);
        Schema = RowColumn.Schema(columns);
        _getters = new(_host, columns, _ => true, Current);
    }

    public override long Position => _position;

    public override long Batch => 0;

    public override DataViewSchema Schema { get; }

    public void Set(TRow row)
    {
        _host.CheckValue(row, nameof(row));
        _current = row;
        _position++;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new((ulong)_position, 0);

    public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _getters.Get<TValue>(column);

    private TRow Current()
    {
        _host.Check(_position >= 0, Getters.FetchValueStateError);
        return _current;
    }
}
