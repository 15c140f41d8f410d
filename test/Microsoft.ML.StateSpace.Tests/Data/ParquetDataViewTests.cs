using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class ParquetDataViewTests
{
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void SeveralFilesAreOneTable()
    {
        Numbers("b.parquet", 0, 7);
        Numbers("c.parquet", 7, 0);
        Numbers("d.parquet", 7, 5);
        IDataView data = ParquetFolder.Load(_folder["b.parquet"], _folder["c.parquet"], _folder["d.parquet"]);
        Assert.AreEqual(12L, data.GetRowCount());
        CollectionAssert.AreEqual(Enumerable.Range(0, 12).ToArray(), ParquetFolder.Values<int>(data, "N"));
        CollectionAssert.AreEqual(Enumerable.Range(0, 12).ToArray(), ParquetFolder.Values<int>(ParquetFolder.Load(_folder.Path), "N"));
    }

    [TestMethod]
    public void PositionsAndIdsCountThroughGroups()
    {
        IDataView data = ParquetFolder.Load(Numbers("a.parquet", 0, 10, valuesPerGroup: 6));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        ValueGetter<DataViewRowId> id = cursor.GetIdGetter();
        DataViewRowId value = default;
        Assert.AreEqual(-1L, cursor.Position);
        for (int row = 0; row < 10; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            id(ref value);
            Assert.AreEqual((row, (ulong)row), ((int)cursor.Position, value.Low));
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
    }

    [TestMethod]
    public void CursorsAreIndependent()
    {
        IDataView data = ParquetFolder.Load(Numbers("a.parquet", 0, 10, valuesPerGroup: 4));
        DataViewSchema.Column column = data.Schema["N"];
        using DataViewRowCursor first = data.GetRowCursor([column]);
        using DataViewRowCursor second = data.GetRowCursor([column]);
        ValueGetter<int> fromFirst = first.GetGetter<int>(column);
        ValueGetter<int> fromSecond = second.GetGetter<int>(column);
        int a = 0;
        int b = 0;
        first.MoveNext();
        for (int row = 0; row < 9; row++)
        {
            first.MoveNext();
            second.MoveNext();
            fromFirst(ref a);
            fromSecond(ref b);
            Assert.AreEqual((row + 1, row), (a, b));
        }

        first.Dispose();
        Assert.IsTrue(second.MoveNext());
        fromSecond(ref b);
        Assert.AreEqual(9, b);
    }

    [TestMethod]
    public void OnlyTheAskedColumnsAreRead()
    {
        string path = Numbers("a.parquet", 0, 50);
        long offset = OffsetOf(path, column: 1);
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan((int)offset, 20).Fill(0xFF);
        File.WriteAllBytes(path, bytes);

        IDataView data = ParquetFolder.Load(path);
        CollectionAssert.AreEqual(Enumerable.Range(0, 50).ToArray(), ParquetFolder.Values<int>(data, "N"));
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Lists<float>(data, "X"));
        Assert.AreEqual((path, "X"), (error.FileName, error.Column));
    }

    [TestMethod]
    [DoNotParallelize]
    public void OneRowGroupIsHeldAtATime()
    {
        // 64 groups of 1 MB each: what stays alive while reading is a group or two, not the table.
        float[][] lists = Enumerable.Range(0, 64).Select(i => Enumerable.Repeat(i + 0.5f, 1 << 18).ToArray()).ToArray();
        new ParquetTable().AddLists("X", lists).Write(_folder["a.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 1 << 18 });
        lists = [];
        IDataView data = ParquetFolder.Load(_folder["a.parquet"]);
        DataViewSchema.Column column = data.Schema["X"];
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> value = default;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        while (cursor.MoveNext())
        {
            getter(ref value);
            Assert.AreEqual(cursor.Position + 0.5f, value.GetValues()[^1]);
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.IsLessThan(8L << 20, most);
    }

    [TestMethod]
    public void GettersRefuseWhatIsNotThere()
    {
        IDataView data = ParquetFolder.Load(Numbers("a.parquet", 0, 2));
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema["N"]]);
        Assert.IsTrue(cursor.IsColumnActive(data.Schema["N"]));
        Assert.IsFalse(cursor.IsColumnActive(data.Schema["X"]));
        Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(data.Schema["X"]));
        Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<long>(data.Schema["N"]));
        ValueGetter<int> getter = cursor.GetGetter<int>(data.Schema["N"]);
        int value = 0;
        Assert.ThrowsExactly<InvalidOperationException>(() => getter(ref value));
    }

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Load(_folder["no.parquet"]));
        Assert.AreEqual(_folder["no.parquet"], error.FileName);
        StringAssert.Contains(error.Message, "does not exist");
        Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Load(System.IO.Path.Combine(_folder.Path, "none", "no.parquet")));
        Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Load(_folder.Path));
        Assert.ThrowsExactly<ArgumentException>(() => ParquetFolder.Load());
    }

    [TestMethod]
    public void AnUnsupportedColumnIsLeftOutAndRefusedWhenAskedFor()
    {
        var plain = new DataField<float>("Good") { };
        var binary = new DataField<byte[]>("Raw");
        string path = _folder.Write("t.parquet", [plain, binary],
            group => group.WriteAsync<float>(plain, new ReadOnlyMemory<float>([1, 2])),
            group => group.WriteAsync<ReadOnlyMemory<byte>>(binary, new ReadOnlyMemory<byte>?[] { new byte[] { 1 }, new byte[] { 2 } }.AsMemory()));

        CollectionAssert.AreEqual(new[] { "Good" }, ParquetFolder.Load(path).Schema.Select(c => c.Name).ToArray());
        DataFileException error = Assert.ThrowsExactly<DataFileException>(
            () => ParquetSequences.Load([path], new ParquetLoadOptions { ColumnNames = ["Good", "Raw"] }));
        Assert.AreEqual("Raw", error.Column);
        StringAssert.Contains(error.Message, "not supported");
        error = Assert.ThrowsExactly<DataFileException>(() => ParquetSequences.Load([path], new ParquetLoadOptions { ColumnNames = ["Bad"] }));
        StringAssert.Contains(error.Message, "it has Good");
    }

    [TestMethod]
    public void FilesOfDifferentColumnsAreRefused()
    {
        Numbers("a.parquet", 0, 2);
        new ParquetTable().Add("N", [1L]).AddLists("X", [[1f]]).Write(_folder["b.parquet"]);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Load(_folder["a.parquet"], _folder["b.parquet"]));
        Assert.AreEqual((_folder["b.parquet"], "N"), (error.FileName, error.Column));
    }

    [TestMethod]
    public void AFileThatChangedIsRefused()
    {
        IDataView data = ParquetFolder.Load(Numbers("a.parquet", 0, 2));
        Numbers("a.parquet", 0, 3);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Values<int>(data, "N"));
        StringAssert.Contains(error.Message, "changed");
    }

    [TestMethod]
    public void AFailedWriteLeavesTheOldFileAndNothingElse()
    {
        string broken = Numbers("broken.parquet", 0, 50);
        byte[] bytes = File.ReadAllBytes(broken);
        bytes.AsSpan((int)OffsetOf(broken, 1), 20).Fill(0xFF);
        File.WriteAllBytes(broken, bytes);
        string target = Numbers("target.parquet", 0, 3);

        Assert.ThrowsExactly<DataFileException>(() => ParquetSequenceWriter.Write(ParquetFolder.Load(broken), target));
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, ParquetFolder.Values<int>(ParquetFolder.Load(target), "N"));
        CollectionAssert.AreEqual(new[] { "broken.parquet", "target.parquet" }, _folder.Files);
        string nowhere = System.IO.Path.Combine(_folder.Path, "none", "x.parquet");
        IOException error = Assert.ThrowsExactly<IOException>(() => ParquetSequenceWriter.Write(ParquetFolder.Load(target), nowhere));
        StringAssert.Contains(error.Message, nowhere);
    }

    private static long OffsetOf(string path, int column)
    {
        async Task<long> FindAsync()
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(path);
            return reader.Metadata!.RowGroups[0].Columns[column].MetaData!.DataPageOffset;
        }

        return FindAsync().GetAwaiter().GetResult();
    }

    private string Numbers(string name, int from, int count, int valuesPerGroup = 1 << 20)
    {
        int[] numbers = Enumerable.Range(from, count).ToArray();
        new ParquetTable().Add("N", numbers).AddLists("X", numbers.Select(n => new[] { n + 0.5f }).ToArray())
            .Write(_folder[name], new ParquetSaveOptions { ValuesPerRowGroup = valuesPerGroup });
        return _folder[name];
    }
}
