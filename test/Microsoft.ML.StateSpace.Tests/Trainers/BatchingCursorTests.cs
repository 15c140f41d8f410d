using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>The batching cursor, with doubling the row's number as what it computes.</summary>
[TestClass]
public sealed class BatchingCursorTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(10)]
    [DataRow(64)]
    public void Rows_come_in_order_with_their_own_values_whatever_the_batch(int batch)
    {
        var view = View(10, batch, out var scoring);
        using var cursor = view.GetRowCursor(view.Schema);
        var number = cursor.GetGetter<float>(view.Schema["Number"]);
        var name = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"]);
        var vector = cursor.GetGetter<VBuffer<float>>(view.Schema["Vector"]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        var id = cursor.GetIdGetter();
        VBuffer<float> values = default;
        for (int i = 0; i < 10; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            Assert.AreEqual(i, cursor.Position);
            Assert.AreEqual(0, cursor.Batch);
            Assert.AreEqual(i, Get(number));
            Assert.AreEqual($"row {i}", Get(name).ToString());
            Assert.AreEqual(2 * i, Get(twice));
            vector(ref values);
            CollectionAssert.AreEqual(Enumerable.Repeat((float)i, i).ToArray(), values.DenseValues().ToArray());
            Assert.AreEqual(new DataViewRowId((ulong)i, 0), Get(id));
        }
        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual((10 + batch - 1) / batch, scoring.Calls.Count);
        Assert.IsTrue(scoring.Calls.All(rows => rows <= batch));
        Assert.AreEqual(10, scoring.Calls.Sum());
    }

    [TestMethod]
    public void Asking_for_the_inputs_own_columns_scores_nothing_and_reads_nothing_ahead()
    {
        var rows = new CountingRows(10);
        var view = View(rows, 4, out var scoring);
        using var cursor = view.GetRowCursor([view.Schema["Number"]]);
        var number = cursor.GetGetter<float>(view.Schema["Number"]);
        cursor.MoveNext();
        cursor.MoveNext();
        Assert.AreEqual(1, Get(number));
        Assert.AreEqual(2, rows.Read);
        Assert.IsEmpty(scoring.Calls);
    }

    [TestMethod]
    public void A_batch_is_scored_by_the_first_getter_of_a_computed_column()
    {
        var view = View(10, 4, out var scoring);
        using var cursor = view.GetRowCursor(view.Schema);
        var number = cursor.GetGetter<float>(view.Schema["Number"]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        for (int i = 0; i < 6; i++)
        {
            cursor.MoveNext();
            Get(number);
        }
        Assert.IsEmpty(scoring.Calls);
        Assert.AreEqual(10, Get(twice));
        Assert.AreEqual(10, Get(twice));
        CollectionAssert.AreEqual(new[] { 4 }, scoring.Calls);
    }

    [TestMethod]
    public void Only_the_active_computed_columns_are_asked_for()
    {
        var view = View(3, 4, out var scoring);
        using var cursor = view.GetRowCursor([view.Schema["Thrice"]]);
        var thrice = cursor.GetGetter<float>(view.Schema["Thrice"]);
        cursor.MoveNext();
        cursor.MoveNext();
        Assert.AreEqual(3, Get(thrice));
        CollectionAssert.AreEqual(new[] { "Thrice" }, scoring.Asked);
        Assert.IsFalse(cursor.IsColumnActive(view.Schema["Number"]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => cursor.GetGetter<float>(view.Schema["Twice"]));
        Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<int>(view.Schema["Thrice"]));
    }

    [TestMethod]
    public void No_more_rows_are_read_ahead_than_a_batch_holds()
    {
        var rows = new CountingRows(100);
        var view = View(rows, 8, out _);
        using var cursor = view.GetRowCursor([view.Schema["Twice"]]);
        for (int i = 0; i < 8; i++)
            cursor.MoveNext();
        Assert.AreEqual(8, rows.Read);
        cursor.MoveNext();
        Assert.AreEqual(16, rows.Read);
    }

    [TestMethod]
    public void A_failure_is_met_at_its_own_row()
    {
        var view = View(10, 8, out var scoring);
        scoring.FailsAt = 5;
        using var cursor = view.GetRowCursor([view.Schema["Twice"]]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        for (int i = 0; i < 5; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            Assert.AreEqual(2 * i, Get(twice));
        }
        var failure = Assert.ThrowsExactly<FormatException>(() => cursor.MoveNext());
        Assert.AreEqual("row 5", failure.Message);
    }

    [TestMethod]
    public void A_consumer_owns_the_vectors_it_was_given()
    {
        var view = View(3, 8, out _);
        using var cursor = view.GetRowCursor([view.Schema["Vector"], view.Schema["Twice"]]);
        var vector = cursor.GetGetter<VBuffer<float>>(view.Schema["Vector"]);
        cursor.MoveNext();
        cursor.MoveNext();
        VBuffer<float> first = default, second = default;
        vector(ref first);
        VBufferEditor.CreateFromBuffer(ref first).Values[0] = 99;
        vector(ref second);
        Assert.AreEqual(1, second.GetItemOrDefault(0));
    }

    [TestMethod]
    public void A_cursor_on_no_row_gives_no_values_and_disposes_its_input_once_done()
    {
        var view = View(2, 8, out var scoring);
        using var cursor = view.GetRowCursor([view.Schema["Number"], view.Schema["Twice"]]);
        var number = cursor.GetGetter<float>(view.Schema["Number"]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        Assert.AreEqual(-1, cursor.Position);
        Assert.ThrowsExactly<InvalidOperationException>(() => Get(number));
        Assert.ThrowsExactly<InvalidOperationException>(() => Get(twice));
        while (cursor.MoveNext())
            Get(twice);
        Assert.AreEqual(1, scoring.Input.Disposed);
        Assert.AreEqual(-1, cursor.Position);
        Assert.ThrowsExactly<InvalidOperationException>(() => Get(twice));
    }

    [TestMethod]
    public void Disposing_early_disposes_the_input_and_ends_the_cursor()
    {
        var view = View(20, 4, out var scoring);
        foreach (string column in new[] { "Twice", "Number" })
        {
            var cursor = view.GetRowCursor([view.Schema[column]]);
            cursor.MoveNext();
            cursor.Dispose();
            cursor.Dispose();
            Assert.IsFalse(cursor.MoveNext());
        }
        Assert.AreEqual(2, scoring.Input.Disposed);
    }

    [TestMethod]
    public void Scores_must_come_back_for_every_row()
    {
        var view = View(3, 8, out var scoring);
        scoring.Loses = 1;
        using var cursor = view.GetRowCursor([view.Schema["Twice"]]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        cursor.MoveNext();
        Assert.ThrowsExactly<InvalidOperationException>(() => Get(twice));
    }

    [TestMethod]
    public void A_cursor_set_covers_every_row_once()
    {
        var view = View(9, 4, out _);
        var seen = new List<float>();
        foreach (var cursor in view.GetRowCursorSet([view.Schema["Twice"]], 4))
            using (cursor)
            {
                var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
                while (cursor.MoveNext())
                    seen.Add(Get(twice));
            }
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 9).Select(i => 2f * i).ToArray(), seen);
        Assert.AreEqual(9, view.GetRowCount());
    }

    private IDataView View(int rows, int batch, out Doubling scoring) =>
        View(Enumerable.Range(0, rows).Select(i => new Row(i)).ToList(), batch, out scoring);

    private IDataView View(IEnumerable<Row> rows, int batch, out Doubling scoring)
    {
        var input = new TrackedView(_ml.Data.LoadFromEnumerable(rows));
        scoring = new Doubling(input, batch);
        return new BatchingDataView<float, float>(input, scoring);
    }

    private static T Get<T>(ValueGetter<T> getter)
    {
        T value = default!;
        getter(ref value);
        return value;
    }

    private sealed class Row(int number)
    {
        public float Number { get; } = number;

        public string Name { get; } = $"row {number}";

        public float[] Vector { get; } = Enumerable.Repeat((float)number, number).ToArray();
    }

    /// <summary>Rows that count how many of them were read.</summary>
    private sealed class CountingRows(int count) : IEnumerable<Row>
    {
        public int Read { get; private set; }

        public IEnumerator<Row> GetEnumerator()
        {
            for (int i = 0; i < count; i++)
            {
                Read++;
                yield return new Row(i);
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>A data view that counts how many of its cursors were disposed of.</summary>
    private sealed class TrackedView(IDataView source) : IDataView
    {
        public int Disposed { get; private set; }

        public bool CanShuffle => source.CanShuffle;

        public DataViewSchema Schema => source.Schema;

        public long? GetRowCount() => source.GetRowCount();

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
            new Cursor(this, source.GetRowCursor(columnsNeeded, rand));

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
            [GetRowCursor(columnsNeeded, rand)];

        private sealed class Cursor(TrackedView view, DataViewRowCursor source) : DataViewRowCursor
        {
            private bool _disposed;

            public override long Position => source.Position;

            public override long Batch => source.Batch;

            public override DataViewSchema Schema => source.Schema;

            public override bool MoveNext() => source.MoveNext();

            public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

            public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

            public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => source.GetGetter<TValue>(column);

            protected override void Dispose(bool disposing)
            {
                if (disposing && !_disposed)
                {
                    _disposed = true;
                    view.Disposed++;
                    source.Dispose();
                }
                base.Dispose(disposing);
            }
        }
    }

    private sealed class Doubling(TrackedView input, int batch) : BatchScoring<float, float>
    {
        private readonly DataViewSchema _schema = WithTwiceAndThrice(input.Schema);

        public TrackedView Input => input;

        public List<int> Calls { get; } = [];

        public List<string> Asked { get; } = [];

        public int? FailsAt { get; set; }

        public int Loses { get; set; }

        public override DataViewSchema OutputSchema => _schema;

        public override int InputColumnCount => input.Schema.Count;

        public override int RowsPerBatch => batch;

        public override IEnumerable<DataViewSchema.Column> RowColumns => [input.Schema["Number"]];

        public override Func<float> CreateReader(DataViewRow row)
        {
            var number = row.GetGetter<float>(input.Schema["Number"]);
            return () => Get(number) is var value && value != FailsAt ? value : throw new FormatException($"row {value}");
        }

        public override IReadOnlyList<float> Score(IReadOnlyList<float> rows, IReadOnlyList<DataViewSchema.Column> computed)
        {
            Calls.Add(rows.Count);
            Asked.AddRange(computed.Select(c => c.Name));
            return [.. rows.SkipLast(Loses)];
        }

        public override Delegate CreateGetter(DataViewSchema.Column column, Func<float> current)
        {
            int factor = column.Name == "Twice" ? 2 : 3;
            return (ValueGetter<float>)((ref float value) => value = factor * current());
        }

        private static DataViewSchema WithTwiceAndThrice(DataViewSchema input)
        {
            var builder = new DataViewSchema.Builder();
            builder.AddColumns(input);
            builder.AddColumn("Twice", NumberDataViewType.Single);
            builder.AddColumn("Thrice", NumberDataViewType.Single);
            return builder.ToSchema();
        }
    }
}
