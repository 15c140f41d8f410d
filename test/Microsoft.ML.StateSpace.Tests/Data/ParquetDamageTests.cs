using System.Buffers.Binary;
using System.Diagnostics;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
[DoNotParallelize] // it measures what the whole process allocates
public class ParquetDamageTests
{
    private const int Rows = 40;
    private readonly ParquetFolder _folder = new();
    private readonly string[] _ids = Enumerable.Range(0, Rows).Select(i => $"sequence-{i:D4}").ToArray();
    private readonly float[][] _lists = Enumerable.Range(0, Rows).Select(i => Enumerable.Range(0, i * 3 % 50).Select(t => MathF.Sin(i + t)).ToArray()).ToArray();
    private readonly int[] _counts = Enumerable.Range(0, Rows).Select(i => i * i).ToArray();

    public static IEnumerable<object[]> Compressions => Enum.GetValues<ParquetCompression>().Select(c => new object[] { c });

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Compressions))]
    public void ATruncatedFileIsRefusedByName(ParquetCompression compression)
    {
        byte[] whole = Write(compression);
        string path = _folder["cut.parquet"];
        for (int part = 0; part < 50; part++)
        {
            File.WriteAllBytes(path, whole[..(whole.Length * part / 50)]);
            DataFileException error = Assert.ThrowsExactly<DataFileException>(() => Read(path), $"{part}/50");
            Assert.AreEqual(path, error.FileName);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Compressions))]
    public void AFlippedBitIsFoundOrHarmless(ParquetCompression compression)
    {
        byte[] whole = Write(compression);
        string path = _folder["flip.parquet"];
        var random = new Random(7 + (int)compression);
        int found = 0;
        for (int trial = 0; trial < 200; trial++)
        {
            var bytes = (byte[])whole.Clone();
            int at = random.Next(bytes.Length);
            bytes[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bytes);
            found += ReadsRightOrRefuses(path, $"byte {at}") ? 0 : 1;
        }

        Assert.IsGreaterThan(100, found);
    }

    [TestMethod]
    public void OtherFilesAreRefused()
    {
        var random = new Random(3);
        var noise = new byte[5000];
        random.NextBytes(noise);
        var framed = (byte[])noise.Clone();
        "PAR1"u8.CopyTo(framed);
        "PAR1"u8.CopyTo(framed.AsSpan(framed.Length - 4));
        foreach (int footer in new[] { 0, -1, 100, 4988, int.MaxValue, int.MinValue })
        {
            BinaryPrimitives.WriteInt32LittleEndian(framed.AsSpan(framed.Length - 8), footer);
            Refuses(framed);
        }

        Refuses(noise);
        Refuses([]);
        Refuses("PAR1PAR1"u8.ToArray());
        Refuses("SequenceId,Observations\n1,2\n"u8.ToArray());
    }

    [TestMethod]
    public void AFooterThatEndsBeforeItsRowGroupsIsRefused()
    {
        // The number of rows becomes the end of the footer's structure: read so, the file has no rows and no checksums.
        byte[] whole = Write(ParquetCompression.Snappy);
        int footer = whole.Length - 8 - BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(whole.Length - 8));
        int rows = whole.AsSpan(footer).IndexOf((ReadOnlySpan<byte>)[0x00, 0x16, 2 * Rows, 0x19]);
        whole[footer + rows + 1] = 0;
        Refuses(whole);
    }

    [TestMethod]
    public void NoiseInsteadOfAFooterIsRefused()
    {
        byte[] whole = Write(ParquetCompression.Snappy);
        int footer = BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(whole.Length - 8));
        var random = new Random(5);
        for (int trial = 0; trial < 100; trial++)
        {
            var bytes = (byte[])whole.Clone();
            random.NextBytes(bytes.AsSpan(bytes.Length - 8 - footer, footer));
            Refuses(bytes);
        }
    }

    private byte[] Write(ParquetCompression compression)
    {
        new ParquetTable().Add("Id", _ids).AddLists("X", _lists).Add("Count", _counts)
            .Write(_folder["whole.parquet"], new ParquetSaveOptions { Compression = compression, ValuesPerRowGroup = 400 });
        return File.ReadAllBytes(_folder["whole.parquet"]);
    }

    private void Refuses(byte[] bytes)
    {
        string path = _folder["other.parquet"];
        File.WriteAllBytes(path, bytes);
        Assert.AreEqual(path, Assert.ThrowsExactly<DataFileException>(() => Read(path)).FileName);
    }

    private bool ReadsRightOrRefuses(string path, string what)
    {
        long allocated = GC.GetTotalAllocatedBytes();
        long started = Stopwatch.GetTimestamp();
        bool isRight = false;
        try
        {
            (string[] ids, float[][] lists, int[] counts) = Read(path);
            CollectionAssert.AreEqual(_ids, ids, what);
            CollectionAssert.AreEqual(_counts, counts, what);
            ParquetFolder.AreEqual(_lists, lists);
            isRight = true;
        }
        catch (DataFileException e)
        {
            Assert.AreEqual(path, e.FileName);
        }

        Assert.IsLessThan(TimeSpan.FromSeconds(5), Stopwatch.GetElapsedTime(started), what);
        Assert.IsLessThan(512L << 20, GC.GetTotalAllocatedBytes() - allocated, what);
        return isRight;
    }

    private static (string[] Ids, float[][] Lists, int[] Counts) Read(string path)
    {
        IDataView data = ParquetSequences.Load([path], new ParquetLoadOptions { ColumnNames = ["Id", "X", "Count"] });
        return (ParquetFolder.Texts(data, "Id"), ParquetFolder.Lists<float>(data, "X"), ParquetFolder.Values<int>(data, "Count"));
    }
}
