using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Rows "Name" and "Observations" that are made when they are read, and counted.</summary>
internal sealed class CountedDataView : IDataView
{
    private readonly Func<int, float[]> _values;

    /// <param name="rows">How many rows there are.</param>
    /// <param name="values">The observations of a row.</param>
    /// <param name="canShuffle">Whether cursors honour a random source.</param>
    public CountedDataView(int rows, Func<int, float[]> values, bool canShuffle = true)
    {
        (Rows, _values, CanShuffle) = (rows, values, canShuffle);
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Name", TextDataViewType.Instance);
        builder.AddColumn("Observations", new VectorDataViewType(NumberDataViewType.Single));
        Schema = builder.ToSchema();
    }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; set; }

    /// <summary>Observations read, all cursors together.</summary>
    public int Read { get; private set; }

    /// <summary>Cursors made with a random source.</summary>
    public int Shuffles { get; private set; }

    /// <summary>Cursors that are open.</summary>
    public int Open { get; private set; }

    public bool CanShuffle { get; }

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly CountedDataView _view;
        private readonly int[] _order;
        private long _position = -1;

        public Cursor(CountedDataView view, Random? random)
        {
            _view = view;
            _order = [.. Enumerable.Range(0, view.Rows)];
            random?.Shuffle(_order);
            view.Shuffles += random is null ? 0 : 1;
            view.Open++;
        }

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => _view.Schema;

        public override bool MoveNext() => ++_position < _order.Length;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new((ulong)_order[_position], 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => (ValueGetter<TValue>)(Delegate)(column.Name == "Name"
            ? new ValueGetter<ReadOnlyMemory<char>>((ref ReadOnlyMemory<char> name) => name = $"{_order[_position]}".AsMemory())
            : new ValueGetter<VBuffer<float>>((ref VBuffer<float> values) =>
            {
                _view.Read++;
                float[] made = _view._values(_order[_position]);
                values = new VBuffer<float>(made.Length, made);
            }));

        protected override void Dispose(bool disposing)
        {
            _view.Open -= disposing ? 1 : 0;
            base.Dispose(disposing);
        }
    }
}
