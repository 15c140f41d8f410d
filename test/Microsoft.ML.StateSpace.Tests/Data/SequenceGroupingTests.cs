using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class SequenceGroupingTests
{
    private const string Text = """
        site	time	x	y	z	wind	same
        a	2024-01-01 02:00	3	NA	1	5	6
        b	2024-01-01 00:00	7	70	2	6	6
        a	2024-01-01 00:00	1		3	7	7
        a	2024-01-01 01:00	2	20	4	8	6
        """;

    private readonly MLContext _ml = new();
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void ATextFileBecomesSequences()
    {
        IDataView data = _ml.StateSpace.Data.GroupIntoSequences(Steps(), new SequenceGroupingOptions
        {
            KeyColumnName = "site", OrderColumnName = "time", TimesColumnName = "Times", ValueColumnNames = ["x", "yz"], ControlValueColumnNames = ["wind"],
        });
        Assert.AreEqual(2L, data.GetRowCount());
        CollectionAssert.AreEqual(new[] { "a", "b" }, ParquetFolder.Texts(data, "site"));
        ParquetFolder.AreEqual([[1, float.NaN, 3, 2, 20, 4, 3, float.NaN, 1], [7, 70, 2]], ParquetFolder.Lists<float>(data, "Observations"));
        ParquetFolder.AreEqual([[7f, 8, 5], [6f]], ParquetFolder.Lists<float>(data, "Controls"));
        double[] times = ParquetFolder.Lists<double>(data, "Times")[0];
        CollectionAssert.AreEqual(new[] { 0.0, 3600, 7200 }, times.Select(time => time - times[0]).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 3 }, ((VectorDataViewType)data.Schema["Observations"].Type).Dimensions.ToArray());
    }

    [TestMethod]
    public void WhatIsGroupedTrains()
    {
        IDataView steps = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Step { Value = MathF.Sin(i) }));
        IDataView windows = _ml.StateSpace.Data.GroupIntoSequences(steps, new SequenceGroupingOptions { WindowLength = 10, Stride = 5 });
        CollectionAssert.AreEqual(new[] { 10, 1 }, ((VectorDataViewType)windows.Schema["Observations"].Type).Dimensions.ToArray());
        Assert.AreEqual(7L, windows.GetRowCount());
        var binding = new SequenceBinding(windows.Schema, new SequenceColumns("Observations", SequenceId: "SequenceId"));
        Assert.AreEqual((1, 10), (binding.ObservationSize, binding.FixedSteps));
        Assert.HasCount(7, SequenceBinding.ReadAll(windows, new SequenceColumns("Observations", SequenceId: "SequenceId")));
    }

    [TestMethod]
    [DataRow(3, 3, false, "0-2 3-5 6-8")]
    [DataRow(3, 2, false, "0-2 2-4 4-6 6-8")]
    [DataRow(3, 2, true, "0-2 2-4 4-6 6-8 8-9")]
    [DataRow(3, 3, true, "0-2 3-5 6-8 9-9")]
    [DataRow(4, 3, true, "0-3 3-6 6-9")]
    [DataRow(3, 5, false, "0-2 5-7")]
    [DataRow(3, 9, true, "0-2 9-9")]
    [DataRow(12, 1, false, "")]
    [DataRow(12, 1, true, "0-9")]
    public void WindowsCoverASeries(int length, int stride, bool partial, string expected)
    {
        IDataView steps = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(i => new Step { Value = i }));
        IDataView data = _ml.StateSpace.Data.GroupIntoSequences(
            steps, new SequenceGroupingOptions { WindowLength = length, Stride = stride, KeepPartialWindows = partial });
        float[][] rows = ParquetFolder.Lists<float>(data, "Observations");
        Assert.AreEqual(expected, string.Join(' ', rows.Select(row => $"{row[0]}-{row[^1]}")));
        CollectionAssert.AreEqual(rows.Select(row => $"series@{row[0]}").ToArray(), ParquetFolder.Texts(data, "SequenceId"));
    }

    [TestMethod]
    public void WindowsWithoutObservationsAreLeftOut()
    {
        IDataView steps = _ml.Data.LoadFromEnumerable(new[] { 1, float.NaN, float.NaN, float.NaN, 5, 6 }.Select(x => new Step { Value = x }));
        IDataView data = _ml.StateSpace.Data.GroupIntoSequences(steps, new SequenceGroupingOptions { WindowLength = 2 });
        CollectionAssert.AreEqual(new[] { "series@0", "series@4" }, ParquetFolder.Texts(data, "SequenceId"));
    }

    [TestMethod]
    [DataRow(true, 8)]
    [DataRow(true, 1000)]
    [DataRow(false, 8)]
    public void ShuffledRowsAreAllThere(bool contiguous, int bufferRows)
    {
        IDataView steps = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 300).Select(i => new Step { Key = $"k{i / 2}", Value = i / 2 }));
        var options = new SequenceGroupingOptions { KeyColumnName = "Key", KeysAreContiguous = contiguous, ShuffleBufferRows = bufferRows };
        IDataView data = _ml.StateSpace.Data.GroupIntoSequences(steps, options);
        Assert.IsTrue(data.CanShuffle);
        int[] first = Shuffled(data, 1);
        CollectionAssert.AreEqual(Enumerable.Range(0, 150).ToArray(), first.Order().ToArray());
        CollectionAssert.AreEqual(first, Shuffled(data, 1));
        CollectionAssert.AreNotEqual(first, Shuffled(data, 2));
        if (contiguous && bufferRows == 8)
        {
            // What the table has at place i is drawn from the 8 rows read by then.
            Assert.IsTrue(first.Select((row, i) => row - i).Max() < 8);
        }
    }

    [TestMethod]
    public void ASetOfCursorsSharesTheRows()
    {
        IDataView steps = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 300).Select(i => new Step { Key = $"k{i}", Value = i }));
        IDataView data = _ml.StateSpace.Data.GroupIntoSequences(steps, "Key", null);
        DataViewRowCursor[] cursors = data.GetRowCursorSet(data.Schema, 3);
        Assert.HasCount(3, cursors);
        var rows = new List<(long Batch, ulong Id)>();
        foreach (DataViewRowCursor cursor in cursors)
        {
            using (cursor)
            {
                ValueGetter<DataViewRowId> getter = cursor.GetIdGetter();
                DataViewRowId id = default;
                while (cursor.MoveNext())
                {
                    getter(ref id);
                    rows.Add((cursor.Batch, id.Low));
                }
            }
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, 300).Select(i => (ulong)i).ToArray(), rows.OrderBy(row => row.Batch).Select(row => row.Id).ToArray());
    }

    [TestMethod]
    public void FaultsNameRowAndColumn()
    {
        IDataView steps = Steps();
        var by = new SequenceGroupingOptions { KeyColumnName = "site", OrderColumnName = "x", ValueColumnNames = ["y"] };
        StringAssert.Contains(Refused<ArgumentOutOfRangeException>(steps, by with { KeyColumnName = "none" }), "there are site, time");
        StringAssert.Contains(Refused<ArgumentOutOfRangeException>(steps, by with { ValueColumnNames = ["site"] }), "numbers");
        StringAssert.Contains(Refused<SequenceFormatException>(steps, by with { OrderColumnName = "y" }), "row 0, column 'y'");
        StringAssert.Contains(Refused<SequenceFormatException>(steps, by with { OrderColumnName = "same" }), "'a' has two steps at 6");
        StringAssert.Contains(Refused<SequenceFormatException>(steps, by with { MaxBufferedBytes = 40 }), "MaxBufferedBytes");
        Refused<ArgumentException>(steps, by with { Stride = 3 });
        Refused<ArgumentException>(steps, by with { TimesColumnName = "T", OrderColumnName = null });
        Refused<ArgumentOutOfRangeException>(steps, by with { WindowLength = 0 });
        IDataView interrupted = _ml.StateSpace.Data.GroupIntoSequences(steps, by with { KeysAreContiguous = true });
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => ParquetFolder.Texts(interrupted, "site")).Message, "row 2, column 'site'");
    }

    private static int[] Shuffled(IDataView data, int seed)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema, new Random(seed));
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(data.Schema["Observations"]);
        VBuffer<float> value = default;
        var rows = new List<int>();
        while (cursor.MoveNext())
        {
            getter(ref value);
            rows.Add((int)value.GetValues()[0]);
        }

        return [.. rows];
    }

    private string Refused<T>(IDataView steps, SequenceGroupingOptions options) where T : Exception =>
        Assert.ThrowsExactly<T>(() => _ml.StateSpace.Data.GroupIntoSequences(steps, options)).Message;

    private IDataView Steps()
    {
        File.WriteAllText(_folder["steps.tsv"], Text);
        return _ml.Data.LoadFromTextFile(_folder["steps.tsv"], new TextLoader.Options
        {
            HasHeader = true,
            MissingRealsAsNaNs = true,
            Columns =
            [
                new("site", DataKind.String, 0), new("time", DataKind.DateTime, 1), new("x", DataKind.Single, 2), new("yz", DataKind.Single, 3, 4),
                new("wind", DataKind.Int32, 5), new("y", DataKind.Single, 3), new("same", DataKind.Int32, 6),
            ],
        });
    }

    private sealed class Step
    {
        public string Key { get; set; } = "";

        public float Value { get; set; }
    }
}
