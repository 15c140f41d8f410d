using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Keeps in memory the columns that were asked for, so that they are computed once.</summary>
internal sealed class CacheDataView(IHostEnvironment env, IDataView input) : IDataView
{
    private readonly IHost _host = env.Register("Cache");
    private readonly ColumnCache[] _columns = new ColumnCache[input.Schema.Count];
    private long? _rowCount;

    public bool CanShuffle => true;

    public DataViewSchema Schema => input.Schema;

    public long? GetRowCount() => _rowCount ?? input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = ActiveColumns.Of(columnsNeeded, Schema);
        Fill(active);
        int[] order = null;
        if (rand is not null)
        {
            order = Enumerable.Range(0, (int)_rowCount).ToArray();
            rand.Shuffle(order);
        }
        return new Cursor(_host, this, active, order);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private void Fill(bool[] active)
    {
        lock (_columns)
        {
            var missing = Schema.Where(c => active[c.Index] && _columns[c.Index] is null).ToArray();
            if (missing.Length == 0 && _rowCount is not null)
                return;
            using var cursor = input.GetRowCursor(missing);
            var caches = missing.Select(c => ColumnCache.Create(cursor, c)).ToArray();
            long rows = 0;
            for (; cursor.MoveNext(); rows++)
                foreach (var cache in caches)
                    cache.Add();
            for (int i = 0; i < missing.Length; i++)
                _columns[missing[i].Index] = caches[i];
            _rowCount = rows;
        }
    }

    private sealed class Cursor(IHost host, CacheDataView view, bool[] active, int[] order) : RootCursorBase(host)
    {
        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new((ulong)Row(), 0);

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            var cache = view._columns[column.Index] as ColumnCache<TValue> ?? throw Ch.Except($"Invalid TValue: '{typeof(TValue)}'");
            return (ref TValue value) => cache.Get(Row(), ref value);
        }

        protected override bool MoveNextCore() => Position + 1 < view._rowCount;

        private int Row()
        {
            Ch.Check(IsGood, Getters.FetchValueStateError);
            return order is null ? (int)Position : order[Position];
        }
    }

    /// <summary>One column's values.</summary>
    private abstract class ColumnCache
    {
        public static ColumnCache Create(DataViewRow row, DataViewSchema.Column column) =>
            Getters.ForType<ColumnCache>(Create<int>, column.Type.RawType, row, column);

        public abstract void Add();

        private static ColumnCache Create<T>(DataViewRow row, DataViewSchema.Column column) => new ColumnCache<T>(row.GetGetter<T>(column), Copier.For<T>());
    }

    private sealed class ColumnCache<T>(ValueGetter<T> getter, Copier.Copy<T> copy) : ColumnCache
    {
        private readonly List<T> _values = [];

        public override void Add()
        {
            T value = default;
            getter(ref value);
            _values.Add(value);
        }

        public void Get(int row, ref T value)
        {
            var stored = _values[row];
            copy(in stored, ref value);
        }
    }
}

/// <summary>Copies values so that the copy shares nothing with the original.</summary>
internal static class Copier
{
    public delegate void Copy<T>(in T source, ref T target);

    public static Copy<T> For<T>() => typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(VBuffer<>)
        ? (Copy<T>)Getters.ForType<Delegate>(Buffer<int>, typeof(T).GetGenericArguments()[0])
        : (in T source, ref T target) => target = source;

    private static Delegate Buffer<T>() => (Copy<VBuffer<T>>)((in VBuffer<T> source, ref VBuffer<T> target) => source.CopyTo(ref target));
}
