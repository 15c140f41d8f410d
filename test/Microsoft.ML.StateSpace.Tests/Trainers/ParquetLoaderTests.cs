using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tests.Data;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

[TestClass]
public class ParquetLoaderTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void ALoaderLoadsFilesFoldersAndPatterns()
    {
        Directory.CreateDirectory(_folder["2024/jan"]);
        string first = Write("a.parquet", 0, 2);
        Write("2024/jan/b.parquet", 2, 3);
        Write("2024/c.parquet", 5, 1);
        ParquetLoader loader = _ml.StateSpace.Data.CreateParquetLoader(first);
        CollectionAssert.AreEqual(new[] { "N", "X" }, loader.GetOutputSchema().Select(column => column.Name).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1 }, ParquetFolder.Values<int>(loader.Load(first), "N"));
        CollectionAssert.AreEqual(new[] { 5, 2, 3, 4 }, ParquetFolder.Values<int>(loader.Load(_folder["2024/**/*.parquet"]), "N"));
        CollectionAssert.AreEqual(new[] { 5, 0, 1 }, ParquetFolder.Values<int>(loader.Load(_folder["2024"], first), "N"));
        CollectionAssert.AreEqual(new[] { 0, 1 }, ParquetFolder.Values<int>(loader.Load(new MultiFileSource(_folder["*.parquet"])), "N"));
        CollectionAssert.AreEqual(new[] { 5, 2, 3, 4 }, ParquetFolder.Values<int>(_ml.StateSpace.Data.LoadFromParquet(_folder["2024/**/*.parquet"]), "N"));
        Assert.AreEqual(_folder["none.parquet"], Assert.ThrowsExactly<DataFileException>(() => loader.Load(new MultiFileSource(_folder["none.parquet"]))).FileName);
    }

    [TestMethod]
    public void OtherColumnsAreRefused()
    {
        ParquetLoader loader = _ml.StateSpace.Data.CreateParquetLoader(Write("a.parquet", 0, 2));
        new ParquetTable().Add("N", [1L]).AddLists("X", [[1f]]).Write(_folder["b.parquet"]);
        new ParquetTable().Add("N", [1]).Write(_folder["c.parquet"]);
        new ParquetTable().Add("More", [true]).AddLists("X", [[1f]]).Add("N", [1]).Write(_folder["d.parquet"]);
        Assert.AreEqual("N", Assert.ThrowsExactly<DataFileException>(() => loader.Load(_folder["b.parquet"])).Column);
        Assert.AreEqual("X", Assert.ThrowsExactly<DataFileException>(() => loader.Load(_folder["c.parquet"])).Column);
        CollectionAssert.AreEqual(new[] { "N", "X" }, loader.Load(_folder["d.parquet"]).Schema.Select(column => column.Name).ToArray());
    }

    [TestMethod]
    public void StreamsAreReadWhereTheyCanBeSought()
    {
        string path = Write("a.parquet", 0, 3);
        byte[] bytes = File.ReadAllBytes(path);
        ParquetLoader loader = _ml.StateSpace.Data.CreateParquetLoader(new Streams(() => new MemoryStream(bytes)));
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, ParquetFolder.Values<int>(loader.Load(new Streams(() => new MemoryStream(bytes))), "N"));
        DataFileException error = Assert.ThrowsExactly<DataFileException>(
            () => loader.Load(new Streams(() => new System.IO.Compression.DeflateStream(new MemoryStream(bytes), System.IO.Compression.CompressionMode.Decompress))));
        Assert.AreEqual("stream 0", error.FileName);
        StringAssert.Contains(error.Message, "sought");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ASavedLoaderComesBackBesideAModel(bool isLong)
    {
        string path = Write("a.parquet", 0, 4);
        var options = new ParquetLoadOptions { MaxBufferedBytes = 1 << 20, ShuffleBufferRows = 7, KeyColumnName = isLong ? "N" : null, KeysAreContiguous = isLong };
        if (isLong)
            new ParquetTable().Add("N", [1, 1, 2]).Add("A", [1f, 2, 3]).Add("B", [4.0, 5, 6]).Write(path);
        ParquetLoader loader = _ml.StateSpace.Data.CreateParquetLoader(path, options);
        IDataView data = loader.Load(path);
        string column = isLong ? "Observations" : "X";
        ITransformer model = _ml.Transforms.CopyColumns("Copy", column).Fit(data);
        _ml.Model.Save(model, loader, _folder["model.zip"]);

        var fresh = new MLContext();
        ITransformer again = fresh.Model.LoadWithDataLoader(_folder["model.zip"], out IDataLoader<IMultiStreamSource> loaded);
        var back = (ParquetLoader)loaded;
        Assert.AreEqual((1L << 20, 7), (back.Options.MaxBufferedBytes, back.Options.ShuffleBufferRows));
        CollectionAssert.AreEqual(data.Schema.Select(c => (c.Name, c.Type)).ToArray(), back.GetOutputSchema().Select(c => (c.Name, c.Type)).ToArray());
        ParquetFolder.AreEqual(ParquetFolder.Lists<float>(data, column), ParquetFolder.Lists<float>(again.Transform(back.Load(path)), "Copy"));
        Assert.IsNotNull(fresh.Model.Load(_folder["model.zip"], out DataViewSchema schema));
        CollectionAssert.AreEqual(data.Schema.Select(c => c.Name).ToArray(), schema.Select(c => c.Name).ToArray());
    }

    [TestMethod]
    public void AnyViewWithVectorsIsSavedAndComesBack()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(i => new Row
        {
            Id = $"r{i}", Flag = i % 2 == 0, Time = DateTime.UnixEpoch.AddMinutes(i), Known = [i, i + 1, float.NaN], Ragged = Enumerable.Range(0, i).Select(j => j * 0.5).ToArray(),
            Words = [.. Enumerable.Range(0, i).Select(j => $"w{j}")],
        }));
        _ml.StateSpace.Data.SaveAsParquet(rows, _folder["a.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 8 });
        IDataView back = _ml.StateSpace.Data.LoadFromParquet(_folder["a.parquet"]);
        CollectionAssert.AreEqual(rows.Schema.Select(c => c.Name).ToArray(), back.Schema.Select(c => c.Name).ToArray());
        ParquetFolder.AreEqual(ParquetFolder.Lists<float>(rows, "Known"), ParquetFolder.Lists<float>(back, "Known"));
        ParquetFolder.AreEqual(ParquetFolder.Lists<double>(rows, "Ragged"), ParquetFolder.Lists<double>(back, "Ragged"));
        CollectionAssert.AreEqual(ParquetFolder.Values<bool>(rows, "Flag"), ParquetFolder.Values<bool>(back, "Flag"));
        CollectionAssert.AreEqual(ParquetFolder.Values<DateTime>(rows, "Time"), ParquetFolder.Values<DateTime>(back, "Time"));
        CollectionAssert.AreEqual(
            ParquetFolder.Lists<ReadOnlyMemory<char>>(rows, "Words").Select(words => string.Join(' ', words)).ToArray(),
            ParquetFolder.Lists<ReadOnlyMemory<char>>(back, "Words").Select(words => string.Join(' ', words)).ToArray());

        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => _ml.StateSpace.Data.SaveAsParquet(rows, _folder["b.parquet"], cancellationToken: cancel.Token));
        CollectionAssert.AreEqual(new[] { "a.parquet" }, _folder.Files);
    }

    private string Write(string name, int from, int count)
    {
        int[] numbers = Enumerable.Range(from, count).ToArray();
        new ParquetTable().Add("N", numbers).AddLists("X", numbers.Select(n => new[] { n + 0.5f }).ToArray()).Write(_folder[name]);
        return _folder[name];
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public bool Flag { get; set; }

        public DateTime Time { get; set; }

        [VectorType(3)]
        public float[] Known { get; set; } = [];

        public double[] Ragged { get; set; } = [];

        public string[] Words { get; set; } = [];
    }

    private sealed class Streams(Func<Stream> open) : IMultiStreamSource
    {
        public int Count => 1;

        public string? GetPathOrNull(int index) => null;

        public Stream Open(int index) => open();

        public TextReader OpenTextReader(int index) => new StreamReader(open());
    }
}
