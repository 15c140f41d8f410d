using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows after the first <paramref name="skip"/>, at most <paramref name="take"/> of them.</summary>
internal sealed class SkipTakeDataView(IHostEnvironment env, IDataView input, long skip, long take) : IDataView
{
    private readonly IHost _host = env.Register("SkipTakeFilter");

    public bool CanShuffle => false;

    public DataViewSchema Schema => input.Schema;

    public long? GetRowCount() => input.GetRowCount() is { } count ? Math.Min(Math.Max(0, count - skip), take) : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(_host, input.GetRowCursor(columnsNeeded, rand), skip, take);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(IHost host, DataViewRowCursor input, long skip, long take) : RootCursorBase(host)
    {
        private long _taken;

        public override long Batch => 0;

        public override DataViewSchema Schema => input.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        protected override bool MoveNextCore()
        {
            if (_taken >= take)
                return false;
            if (_taken++ == 0)
                for (long i = 0; i < skip; i++)
                    if (!input.MoveNext())
                        return false;
            return input.MoveNext();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                input.Dispose();
            base.Dispose(disposing);
        }
    }
}
