using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Some rows of a data view, told by their order, which therefore stays.</summary>
internal sealed class ChosenRowsView(IDataView input, bool[] chosen, bool wanted) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => input.Schema;

    /// <summary>The rows that are not tested on, and those that are.</summary>
    public static SequenceSplit Split(IDataView data, bool[] tested) => new(new ChosenRowsView(data, tested, false), new ChosenRowsView(data, tested, true));

    public long? GetRowCount() => chosen.LongCount(c => c == wanted);

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(input.GetRowCursor(columnsNeeded), chosen, wanted);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded)];

    private sealed class Cursor(DataViewRowCursor rows, bool[] chosen, bool wanted) : DataViewRowCursor
    {
        private int _row = -1;
        private long _position = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => rows.Schema;

        /// <exception cref="InvalidOperationException">The data has more rows than when it was split.</exception>
        public override bool MoveNext()
        {
            while (rows.MoveNext())
            {
                if (++_row >= chosen.Length)
                    throw new InvalidOperationException($"The data has more than the {chosen.Length} rows that were split; split it again.");
                if (chosen[_row] != wanted)
                    continue;
                _position++;
                return true;
            }
            _position = -1;
            return false;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => rows.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => rows.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => rows.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                rows.Dispose();
            base.Dispose(disposing);
        }
    }
}
