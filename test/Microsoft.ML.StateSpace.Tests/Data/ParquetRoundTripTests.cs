using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class ParquetRoundTripTests
{
    private readonly ParquetFolder _folder = new();

    public static IEnumerable<object[]> Compressions => Enum.GetValues<ParquetCompression>().Select(c => new object[] { c });

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Compressions))]
    public void EveryTypeComesBack(ParquetCompression compression)
    {
        new ParquetTable()
            .Add("Id", ["a", "", "ärger 猫 𝄞"])
            .Add("Single", [1.5f, float.NaN, float.NegativeInfinity])
            .Add("Double", [Math.PI, double.Epsilon, -0.0])
            .Add("Int32", [int.MinValue, 0, int.MaxValue])
            .Add("Int64", [long.MinValue, -1, long.MaxValue])
            .Add("Int16", new short[] { short.MinValue, 0, short.MaxValue })
            .Add("Byte", new byte[] { 0, 127, 255 })
            .Add("Boolean", [true, false, true])
            .Add("Time", [DateTime.UnixEpoch, new DateTime(2024, 2, 29, 23, 59, 59, DateTimeKind.Utc), DateTime.UnixEpoch.AddDays(-1.5)])
            .Write(_folder["t.parquet"], new ParquetSaveOptions { Compression = compression });

        IDataView data = ParquetFolder.Load(_folder["t.parquet"]);
        Assert.AreEqual(3L, data.GetRowCount());
        CollectionAssert.AreEqual(new[] { "a", "", "ärger 猫 𝄞" }, ParquetFolder.Texts(data, "Id"));
        CollectionAssert.AreEqual(new[] { 1.5f, float.NaN, float.NegativeInfinity }, ParquetFolder.Values<float>(data, "Single"));
        CollectionAssert.AreEqual(new[] { Math.PI, double.Epsilon, -0.0 }, ParquetFolder.Values<double>(data, "Double"));
        CollectionAssert.AreEqual(new[] { int.MinValue, 0, int.MaxValue }, ParquetFolder.Values<int>(data, "Int32"));
        CollectionAssert.AreEqual(new[] { long.MinValue, -1, long.MaxValue }, ParquetFolder.Values<long>(data, "Int64"));
        CollectionAssert.AreEqual(new[] { short.MinValue, (short)0, short.MaxValue }, ParquetFolder.Values<short>(data, "Int16"));
        CollectionAssert.AreEqual(new byte[] { 0, 127, 255 }, ParquetFolder.Values<byte>(data, "Byte"));
        CollectionAssert.AreEqual(new[] { true, false, true }, ParquetFolder.Values<bool>(data, "Boolean"));
        DateTime[] times = ParquetFolder.Values<DateTime>(data, "Time");
        Assert.AreEqual(new DateTime(2024, 2, 29, 23, 59, 59), times[1]);
        Assert.AreEqual(DateTime.UnixEpoch.AddDays(-1.5).Ticks, times[2].Ticks);
    }

    [TestMethod]
    [DynamicData(nameof(Compressions))]
    public void ListsComeBack(ParquetCompression compression)
    {
        var random = new Random(1);
        float[][] singles = Enumerable.Range(0, 300).Select(_ => Draw(random, () => (float)random.NextDouble())).ToArray();
        double[][] doubles = singles.Select(list => Array.ConvertAll(list, x => x * 1e100)).ToArray();
        int[][] ints = singles.Select(list => Array.ConvertAll(list, x => (int)(x * 3))).ToArray();
        long[][] longs = singles.Select(list => Array.ConvertAll(list, x => (long)(x * long.MaxValue))).ToArray();
        bool[][] booleans = singles.Select(list => Array.ConvertAll(list, x => x < 0.9f)).ToArray();
        new ParquetTable()
            .AddLists("S", singles).AddLists("D", doubles).AddLists("I", ints).AddLists("L", longs).AddLists("B", booleans)
            .Write(_folder["t.parquet"], new ParquetSaveOptions { Compression = compression, ValuesPerRowGroup = 20_000 });

        IDataView data = ParquetFolder.Load(_folder["t.parquet"]);
        var type = (VectorDataViewType)data.Schema["S"].Type;
        Assert.IsFalse(type.IsKnownSize);
        ParquetFolder.AreEqual(singles, ParquetFolder.Lists<float>(data, "S"));
        ParquetFolder.AreEqual(doubles, ParquetFolder.Lists<double>(data, "D"));
        ParquetFolder.AreEqual(ints, ParquetFolder.Lists<int>(data, "I"));
        ParquetFolder.AreEqual(longs, ParquetFolder.Lists<long>(data, "L"));
        ParquetFolder.AreEqual(booleans, ParquetFolder.Lists<bool>(data, "B"));
    }

    [TestMethod]
    public void LongAndEmptyListsComeBack()
    {
        float[] long1 = Enumerable.Range(0, 500_000).Select(i => i * 0.25f).ToArray();
        float[] silent = new float[700_000];
        float[][] lists = [[], long1, [], silent, [1], []];
        new ParquetTable().AddLists("X", lists).Write(_folder["t.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 1 << 16 });

        ParquetFolder.AreEqual(lists, ParquetFolder.Lists<float>(ParquetFolder.Load(_folder["t.parquet"]), "X"));
    }

    [TestMethod]
    public void ADataViewWrittenAgainIsTheSame()
    {
        new ParquetTable()
            .Add("Id", ["a", "b", "c"]).Add("N", [1, 2, 3]).AddLists("X", [[1f, 2f], [], [3f]]).AddLists("M", [[true, false], [], [true]])
            .Write(_folder["a.parquet"]);
        IDataView first = ParquetFolder.Load(_folder["a.parquet"]);
        ParquetSequenceWriter.Write(first, _folder["b.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 1 });
        ParquetSequenceWriter.Write(first, _folder["c.parquet"], new ParquetSaveOptions { ColumnNames = ["X", "Id"] });

        IDataView second = ParquetFolder.Load(_folder["b.parquet"]);
        CollectionAssert.AreEqual(new[] { "Id", "N", "X", "M" }, second.Schema.Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "a", "b", "c" }, ParquetFolder.Texts(second, "Id"));
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, ParquetFolder.Values<int>(second, "N"));
        ParquetFolder.AreEqual([[1f, 2f], [], [3f]], ParquetFolder.Lists<float>(second, "X"));
        ParquetFolder.AreEqual([[true, false], [], [true]], ParquetFolder.Lists<bool>(second, "M"));
        CollectionAssert.AreEqual(new[] { "X", "Id" }, ParquetFolder.Load(_folder["c.parquet"]).Schema.Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "a.parquet", "b.parquet", "c.parquet" }, _folder.Files);
    }

    [TestMethod]
    public void ATableWithoutRowsComesBack()
    {
        new ParquetTable().Add("Id", Array.Empty<string>()).AddLists("X", Array.Empty<float[]>()).Write(_folder["t.parquet"]);
        IDataView data = ParquetFolder.Load(_folder["t.parquet"]);
        Assert.AreEqual(0L, data.GetRowCount());
        Assert.IsEmpty(ParquetFolder.Lists<float>(data, "X"));
    }

    [TestMethod]
    public void NullsAreNaNOrEmpty()
    {
        var single = new DataField<float?>("S");
        var text = new DataField<string>("T");
        var item = new DataField<double?>("element");
        var list = new ListField("L", item);
        string path = _folder.Write("t.parquet", [single, text, list],
            group => group.WriteAsync<float>(single, new float?[] { 1, null, 3, null }.AsMemory()),
            group => group.WriteAsync(text, new[] { "a", null, "", "d" }),

            // null, empty, [7, null, 8], [null]
            group => group.WriteAllPartsAsync<double>(item, new double[] { 7, 8 }, new ReadOnlyMemory<int>([0, 1, 3, 2, 3, 2]),
                new ReadOnlyMemory<int>([0, 0, 0, 1, 1, 0]), CancellationToken.None));

        IDataView data = ParquetFolder.Load(path);
        CollectionAssert.AreEqual(new[] { 1, float.NaN, 3, float.NaN }, ParquetFolder.Values<float>(data, "S"));
        CollectionAssert.AreEqual(new[] { "a", "", "", "d" }, ParquetFolder.Texts(data, "T"));
        ParquetFolder.AreEqual([[], [], [7, double.NaN, 8], [double.NaN]], ParquetFolder.Lists<double>(data, "L"));
    }

    [TestMethod]
    public void ANullIntegerIsRefusedByName()
    {
        var field = new DataField<int?>("Count");
        string path = _folder.Write("t.parquet", [field], group => group.WriteAsync<int>(field, new int?[] { 1, 2, null }.AsMemory()));
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Values<int>(ParquetFolder.Load(path), "Count"));
        Assert.AreEqual((path, 2L, "Count"), (error.FileName, error.Row, error.Column));
    }

    [TestMethod]
    public void StepsOfValuesAreFlattened()
    {
        IDataView data = ParquetFolder.Load(WriteNested([0, 2, 1, 2, 1, 2, 0, 0], [4, 4, 4, 4, 4, 4, 1, 0]));
        ParquetFolder.AreEqual([[1f, 2f, 3f, 4f, 5f, 6f], [], []], ParquetFolder.Lists<float>(data, "X"));
    }

    [TestMethod]
    public void StepsOfDifferentSizesAreRefusedByStep()
    {
        IDataView data = ParquetFolder.Load(WriteNested([0, 0, 2, 1, 2, 1], [4, 4, 4, 4, 4, 4]));
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Lists<float>(data, "X"));
        Assert.AreEqual((1L, "X", 2), (error.Row, error.Column, error.Step));
        StringAssert.Contains(error.Message, "1 values where the row's first has 2");
    }

    [TestMethod]
    public void DictionaryPagesComeBack()
    {
        var text = new DataField<string>("T");
        string[] values = Enumerable.Range(0, 1000).Select(i => $"class {i * i % 7}").ToArray();
        async Task WriteAsync()
        {
            await using FileStream stream = File.Create(_folder["t.parquet"]);
            var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd };
            options.ColumnEncodingHints["T"] = EncodingHint.Dictionary;
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(text), stream, options);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(text, values);
        }

        WriteAsync().GetAwaiter().GetResult();
        CollectionAssert.AreEqual(values, ParquetFolder.Texts(ParquetFolder.Load(_folder["t.parquet"]), "T"));
        Assert.IsLessThan(2000, new FileInfo(_folder["t.parquet"]).Length);
    }

    private static T[] Draw<T>(Random random, Func<T> draw) => Enumerable.Range(0, random.Next(0, 200)).Select(_ => draw()).ToArray();

    // Lists of lists whose elements are not null: level 1 is an empty row, 3 an empty step, 4 a value.
    private string WriteNested(int[] repetition, int[] definition)
    {
        var item = new DataField("element", typeof(float), isNullable: false);
        var field = new ListField("X", new ListField("element", item));
        float[] values = Enumerable.Range(1, definition.Count(level => level == 4)).Select(i => (float)i).ToArray();
        return _folder.Write("t.parquet", [field],
            group => group.WriteAllPartsAsync<float>(item, values, new ReadOnlyMemory<int>(definition), new ReadOnlyMemory<int>(repetition), CancellationToken.None));
    }
}
