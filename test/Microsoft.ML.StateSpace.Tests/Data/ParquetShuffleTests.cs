using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class ParquetShuffleTests
{
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(40)]
    [DataRow(int.MaxValue)]
    public void AShuffledCursorVisitsEveryRowOnce(int bufferRows)
    {
        IDataView data = Load(100, rowsPerGroup: 6, bufferRows, files: 11);
        Assert.IsTrue(data.CanShuffle);
        int[] first = Read(data.GetRowCursor(data.Schema, new Random(1)));
        CollectionAssert.AreEqual(Enumerable.Range(0, 100).ToArray(), first.Order().ToArray());
        CollectionAssert.AreEqual(first, Read(data.GetRowCursor(data.Schema, new Random(1))));
        CollectionAssert.AreNotEqual(first, Read(data.GetRowCursor(data.Schema, new Random(2))));
        CollectionAssert.AreEqual(Enumerable.Range(0, 100).ToArray(), Read(data.GetRowCursor(data.Schema)));
    }

    [TestMethod]
    public void EveryOrderIsEquallyLikely()
    {
        // Four rows in two groups, both held at once: 24 orders, 2,400 draws. The 0.9999 quantile of chi-square with 23 degrees is 55.
        IDataView data = Load(4, rowsPerGroup: 2, bufferRows: 4);
        var counts = new Dictionary<string, int>();
        for (int seed = 0; seed < 2400; seed++)
        {
            string order = string.Concat(Read(data.GetRowCursor([data.Schema["N"]], new Random(seed))));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.HasCount(24, counts);
        Assert.IsLessThan(55, counts.Values.Sum(count => (count - 100) * (count - 100) / 100.0));
    }

    [TestMethod]
    public void TheBufferSaysHowManyGroupsMix()
    {
        int[] alone = Read(Load(60, rowsPerGroup: 6, bufferRows: 1), seed: 3);
        Assert.IsTrue(alone.Chunk(6).All(rows => rows.Select(row => row / 6).Distinct().Count() == 1));
        Assert.IsFalse(alone.Chunk(6).All(rows => rows.SequenceEqual(rows.Order())));

        int[] threes = Read(Load(60, rowsPerGroup: 6, bufferRows: 15), seed: 3);
        int[] groups = threes.Take(54).Chunk(18).Select(rows => rows.Select(row => row / 6).Distinct().Count()).ToArray();
        CollectionAssert.AreEqual(new[] { 3, 3, 3 }, groups);
        CollectionAssert.AreNotEqual(new[] { 0, 1, 2 }, threes.Take(18).Select(row => row / 6).Distinct().Order().ToArray());
    }

    [TestMethod]
    [DoNotParallelize]
    public void MemoryBoundsTheBuffer()
    {
        // 32 groups of 1 MiB; values and levels of one take 3 MiB while it is read and its page 1 MiB, so that 9 MiB hold two.
        float[][] lists = Enumerable.Range(0, 32).Select(i => Enumerable.Repeat(i + 0.5f, 1 << 18).ToArray()).ToArray();
        new ParquetTable().AddLists("X", lists).Write(_folder["a.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 1 << 18 });
        lists = [];
        IDataView data = ParquetSequences.Load([_folder["a.parquet"]], new ParquetLoadOptions { MaxBufferedBytes = 9 << 20 });
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema, new Random(5));
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(data.Schema["X"]);
        VBuffer<float> value = default;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        var seen = new HashSet<float>();
        while (cursor.MoveNext())
        {
            getter(ref value);
            seen.Add(value.GetValues()[^1]);
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.HasCount(32, seen);
        Assert.IsLessThan(5L << 20, most);
    }

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(3, false)]
    [DataRow(4, true)]
    [DataRow(50, true)]
    public void ASetOfCursorsSharesTheRowsAndTellsTheirOrder(int n, bool shuffle)
    {
        IDataView data = Load(100, rowsPerGroup: 6, bufferRows: 13, files: 3);
        int[] whole = Read(data.GetRowCursor(data.Schema, shuffle ? new Random(9) : null));
        DataViewRowCursor[] cursors = data.GetRowCursorSet(data.Schema, n, shuffle ? new Random(9) : null);
        Assert.IsLessThanOrEqualTo(n, cursors.Length);
        Assert.IsTrue(n == 1 || cursors.Length > 1);

        // As ML.NET joins them: the next row comes from the cursor that stands in the smallest batch.
        var merged = new List<int>();
        ValueGetter<int>[] getters = cursors.Select(cursor => cursor.GetGetter<int>(data.Schema["N"])).ToArray();
        var live = Enumerable.Range(0, cursors.Length).Where(i => cursors[i].MoveNext()).ToList();
        while (live.Count > 0)
        {
            int next = live.MinBy(i => cursors[i].Batch);
            Assert.AreEqual(1, live.Count(i => cursors[i].Batch == cursors[next].Batch));
            int value = 0;
            getters[next](ref value);
            merged.Add(value);
            if (!cursors[next].MoveNext())
            {
                live.Remove(next);
            }
        }

        CollectionAssert.AreEqual(whole, merged);
    }

    [TestMethod]
    public void IdsBelongToRowsAndPositionsToCursors()
    {
        IDataView data = Load(30, rowsPerGroup: 4, bufferRows: 10);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema, new Random(2));
        ValueGetter<int> number = cursor.GetGetter<int>(data.Schema["N"]);
        ValueGetter<DataViewRowId> id = cursor.GetIdGetter();
        DataViewRowId place = default;
        int value = 0;
        for (int row = 0; cursor.MoveNext(); row++)
        {
            number(ref value);
            id(ref place);
            Assert.AreEqual((row, (ulong)value), ((int)cursor.Position, place.Low));
        }
    }

    [TestMethod]
    public void ALargeRowGroupIsRefusedByName()
    {
        new ParquetTable().Add("N", [1, 2]).AddLists("X", [[1f], new float[1 << 20]]).Write(_folder["a.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 3 });
        IDataView data = ParquetSequences.Load([_folder["a.parquet"]], new ParquetLoadOptions { MaxBufferedBytes = 1 << 20 });
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => data.GetRowCursor(data.Schema));
        Assert.AreEqual((_folder["a.parquet"], 0L), (error.FileName, error.Row));
        StringAssert.Contains(error.Message, "MaxBufferedBytes");
        CollectionAssert.AreEqual(new[] { 1, 2 }, ParquetFolder.Values<int>(data, "N"));

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ParquetSequences.Load([_folder["a.parquet"]], new ParquetLoadOptions { MaxBufferedBytes = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ParquetSequences.Load([_folder["a.parquet"]], new ParquetLoadOptions { ShuffleBufferRows = 0 }));
    }

    private static int[] Read(IDataView data, int seed) => Read(data.GetRowCursor([data.Schema["N"]], new Random(seed)));

    private static int[] Read(DataViewRowCursor cursor)
    {
        var rows = new List<int>();
        using (cursor)
        {
            ValueGetter<int> getter = cursor.GetGetter<int>(cursor.Schema["N"]);
            int value = 0;
            while (cursor.MoveNext())
            {
                getter(ref value);
                rows.Add(value);
            }
        }

        return [.. rows];
    }

    // The rows 0, 1, … spread over files; the lists beside them are not needed for their order.
    private IDataView Load(int rows, int rowsPerGroup, int bufferRows, int files = 1)
    {
        int[][] parts = Enumerable.Range(0, rows).GroupBy(row => row * files / rows).Select(part => part.ToArray()).ToArray();
        for (int i = 0; i < files; i++)
        {
            new ParquetTable().Add("N", parts[i]).AddLists("X", parts[i].Select(n => new float[] { n }).ToArray())
                .Write(_folder[$"{i:D2}.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 2 * rowsPerGroup });
        }

        return ParquetSequences.Load([_folder.Path], new ParquetLoadOptions { ShuffleBufferRows = bufferRows });
    }
}
