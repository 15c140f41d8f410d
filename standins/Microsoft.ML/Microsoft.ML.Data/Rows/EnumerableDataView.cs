using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Objects as a data view: enumerated anew by every cursor, in their order.</summary>
internal sealed class EnumerableDataView<TRow> : IDataView where TRow : class
{
    private readonly IHost _host;
    private readonly IEnumerable<TRow> _data;
    private readonly RowColumn[] _columns;

    public EnumerableDataView(IHostEnvironment env, IEnumerable<TRow> data, RowColumn[] columns)
    {
        (_host, _data, _columns) = (env.Register("StreamingDataView"), data, columns);
        Schema = RowColumn.Schema(columns);
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => (_data as ICollection<TRow>)?.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(this, ActiveColumns.Of(columnsNeeded, Schema));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : RootCursorBase
    {
        private readonly EnumerableDataView<TRow> _view;
        private readonly IEnumerator<TRow> _rows;
        private readonly ObjectGetters<TRow> _getters;
        private TRow _current;

        public Cursor(EnumerableDataView<TRow> view, bool[] active) : base(view._host)
        {
            (_view, _rows) = (view, view._data.GetEnumerator());
            _getters = new(view._host.Register("Row"), view._columns, i => active[i], () => _current);
        }

        public override long Batch => 0;

        public override DataViewSchema Schema => _view.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
        {
            Ch.Check(IsGood, Getters.FetchValueStateError);
            id = new((ulong)Position, 0);
        };

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _getters.Get<TValue>(column);

        protected override bool MoveNextCore()
        {
            bool more = _rows.MoveNext();
            _current = more ? _rows.Current : null;
            if (more && _current is null)
                throw Ch.Except("Encountered null when iterating over data, this is not supported.");
            return more;
        }
    }
}

/// <summary>Which of a schema's columns a consumer asked for.</summary>
internal static class ActiveColumns
{
    public static bool[] Of(IEnumerable<DataViewSchema.Column> columnsNeeded, DataViewSchema schema)
    {
        Contracts.CheckValue(columnsNeeded, nameof(columnsNeeded));
        var active = new bool[schema.Count];
        foreach (var column in columnsNeeded)
        {
            if (column.Index >= active.Length)
                throw Contracts.Except($"The requested column: {column} is not part of the sourceSchema");
            active[column.Index] = true;
        }
        return active;
    }
}
