using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class ParquetPageTests
{
    private const int Plain = 0;
    private const int DeltaPacked = 5;
    private const int DeltaLengths = 6;
    private const int DeltaPrefixes = 7;
    private const int DictionaryIndices = 8;
    private const int ByteStreamSplit = 9;

    // Eight delta-packed numbers start so: blocks of 128 in 4 parts, 8 numbers.
    private static readonly byte[] EightPacked = [0x80, 0x01, 4, 8];
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void PagesOfVersion2AreRead()
    {
        // 1, null, 3, 4: a packed group of levels, low bit first.
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.Float, repetition: 1), 4)
            .Page2(Plain, 4, 1, [], [3, 0b1101], Floats(1, 3, 4));
        CollectionAssert.AreEqual(new[] { 1, float.NaN, 3, 4 }, Values<float>(file));
    }

    [TestMethod]
    public void CompressedPagesOfVersion2AreRead()
    {
        float[] values = Enumerable.Range(0, 1000).Select(i => i % 7 * 0.5f).ToArray();
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.Float), 1000);
        file.Codec = 2;
        file.Page2(Plain, 1000, 0, [], [], Gzip(Floats(values)), uncompressed: 4000);
        CollectionAssert.AreEqual(values, Values<float>(file));
    }

    [TestMethod]
    public void ListsInPagesOfVersion2AreReadOrRefused()
    {
        // [1, 2], [], [3]; version 6.1 of the package does not read these.
        ParquetPageFile file = Rows(ParquetPageFile.List(ParquetPageFile.Float), 3);
        file.Values = 4;
        file.Page2(Plain, 4, 1, [3, 0b0010], [3, 0b10_01_10_10, 0], Floats(1, 2, 3));
        string path = Save(file);
        try
        {
            ParquetFolder.AreEqual([[1f, 2f], [], [3f]], ParquetFolder.Lists<float>(ParquetFolder.Load(path), "X"));
        }
        catch (DataFileException e)
        {
            Assert.AreEqual((path, "X"), (e.FileName, e.Column));
        }
    }

    [TestMethod]
    public void SeveralPagesOfAColumnAreRead()
    {
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.Float), 7)
            .Dictionary(2, Floats(10, 20))
            .Page1(DictionaryIndices, 4, 1, 3, 0b0110)
            .Page1(Plain, 2, Floats(5, 6))
            .Page1(DictionaryIndices, 1, 1, 2, 1);
        CollectionAssert.AreEqual(new float[] { 10, 20, 20, 10, 5, 6, 20 }, Values<float>(file));
    }

    [TestMethod]
    public void ADictionaryOfOneValueNeedsNoBits()
    {
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.Float), 3).Dictionary(1, Floats(2.5f)).Page1(DictionaryIndices, 3, 0);
        CollectionAssert.AreEqual(new[] { 2.5f, 2.5f, 2.5f }, Values<float>(file));
    }

    [TestMethod]
    public void TwoLevelListsAreRead()
    {
        // [1, 2], null, [3]: repetition levels 0 1 0 0, definition levels 2 2 0 2.
        ParquetPageFile file = Rows(ParquetPageFile.TwoLevelList(ParquetPageFile.Float), 3);
        file.Values = 4;
        file.Page1(Plain, 4, [2, 0, 0, 0, 3, 0b0010, 3, 0, 0, 0, 3, 0b10_00_10_10, 0, .. Floats(1, 2, 3)]);
        ParquetFolder.AreEqual([[1f, 2f], [], [3f]], ParquetFolder.Lists<float>(ParquetFolder.Load(Save(file)), "X"));
    }

    [TestMethod]
    public void DeltaPackedIntegersAreRead()
    {
        // 7 5 3 1 2 3 4 5: first 7, least difference -2, the rest above it in two bits each.
        byte[] body = [.. EightPacked, 14, 3, 2, 0, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0];
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.Int32), 8).Page1(DeltaPacked, 8, body);
        CollectionAssert.AreEqual(new[] { 7, 5, 3, 1, 2, 3, 4, 5 }, Values<int>(file));
    }

    [TestMethod]
    public void TextsWithDeltaLengthsAreRead()
    {
        // Lengths 5 5 6 6.
        byte[] body = [0x80, 0x01, 4, 4, 10, 0, 1, 0, 0, 0, 0b010, 0, 0, 0, .. "HelloWorldFoobarABCDEF"u8];
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.ByteArray), 4).Page1(DeltaLengths, 4, body);
        CollectionAssert.AreEqual(new[] { "Hello", "World", "Foobar", "ABCDEF" }, ParquetFolder.Texts(ParquetFolder.Load(Save(file)), "X"));
    }

    [TestMethod]
    public void TextsWithSharedBeginningsAreRead()
    {
        // Prefixes 0 2, suffixes "axis" and "le".
        byte[] prefixes = [0x80, 0x01, 4, 2, 0, 4, 0, 0, 0, 0];
        byte[] suffixes = [0x80, 0x01, 4, 2, 8, 3, 0, 0, 0, 0, .. "axisle"u8];
        ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.ByteArray), 2).Page1(DeltaPrefixes, 2, [.. prefixes, .. suffixes]);
        CollectionAssert.AreEqual(new[] { "axis", "axle" }, ParquetFolder.Texts(ParquetFolder.Load(Save(file)), "X"));
    }

    [TestMethod]
    public void SplitByteStreamsAreRead()
    {
        float[] values = [1.5f, -2.25f, 1e20f];
        byte[] bytes = Floats(values);
        byte[] split = Enumerable.Range(0, 12).Select(i => bytes[i % 3 * 4 + i / 3]).ToArray();
        CollectionAssert.AreEqual(values, Values<float>(Rows(ParquetPageFile.Flat(ParquetPageFile.Float), 3).Page1(ByteStreamSplit, 3, split)));
    }

    [TestMethod]
    public void PagesThatLieAreRefused()
    {
        Refuses(() => One().Lie(0, 0, 0, []));
        Refuses(() => One().Dictionary(1 << 24, Floats(1)));
        Refuses(() => One().Dictionary(1, Floats(1)).Page1(DictionaryIndices, 1, 1, 2, 1));
        Refuses(() => One().Page1(DeltaPacked, 1, 0x80, 0x01, 4, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0));
        Refuses(() => One().Page2(Plain, 1, int.MinValue, [], [], []));
        Refuses(() => ParquetPageFile.Nested(200));
    }

    [TestMethod]
    [DataRow(2_000_000_000, 4, 4)]
    [DataRow(-1, 4, 4)]
    [DataRow(1, 1 << 26, 1 << 26)]
    [DataRow(1, -1, -1)]
    [DataRow(1, 4, -1)]
    public void APageWithFalseSizesGivesItsValueOrIsRefused(int count, int uncompressed, int compressed)
    {
        string path = Save(One().Lie(count, uncompressed, compressed, Floats(1)));
        try
        {
            CollectionAssert.AreEqual(new[] { 1f }, ParquetFolder.Values<float>(ParquetFolder.Load(path), "X"));
        }
        catch (DataFileException e)
        {
            Assert.AreEqual((path, "X"), (e.FileName, e.Column));
        }
    }

    [TestMethod]
    public void CountsThatLieAreRefused()
    {
        foreach (long count in new[] { long.MaxValue, int.MaxValue, 1_000_000_000, -1, 2, 0 })
        {
            Refuses(() =>
            {
                ParquetPageFile file = One().Page1(Plain, 1, Floats(1));
                file.Values = count;
                return file;
            });
        }

        Refuses(() =>
        {
            ParquetPageFile file = Rows(ParquetPageFile.List(ParquetPageFile.Float), 1);
            file.Values = int.MaxValue;
            return file.Page1(Plain, 1, [2, 0, 0, 0, 2, 0, 2, 0, 0, 0, 2, 2, .. Floats(1)]);
        });
    }

    [TestMethod]
    [DataRow(1, new byte[] { 0xFF, 0xFF, 0xFF, 0x1F, 0, 1 })]
    [DataRow(1, new byte[] { 4, 0x15, 9 })]
    [DataRow(2, new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF })]
    [DataRow(6, new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0 })]
    [DataRow(99, new byte[] { 0, 0, 0, 0 })]
    public void CompressionThatLiesIsRefused(int codec, byte[] body) => Refuses(() =>
    {
        ParquetPageFile file = One();
        file.Codec = codec;
        return file.Lie(1, 1 << 26, body.Length, body);
    });

    [TestMethod]
    [DataRow(2)]
    [DataRow(6)]
    public void APageThatUnfoldsToLessThanItClaimsIsRefused(int codec)
    {
        ParquetPageFile Of(float[] values)
        {
            byte[] body = codec == 2 ? Gzip(Floats(values)) : ZstdFrame(Floats(values));
            ParquetPageFile file = Rows(ParquetPageFile.Flat(ParquetPageFile.Float), 3);
            file.Codec = codec;
            return file.Page1(Plain, 3, uncompressed: 12, body);
        }

        CollectionAssert.AreEqual(new float[] { 1, 2, 3 }, Values<float>(Of([1, 2, 3])));
        Refuses(() => Of([1, 2]));
    }

    private static ParquetPageFile One() => Rows(ParquetPageFile.Flat(ParquetPageFile.Float), 1);

    private static ParquetPageFile Rows(ParquetPageFile file, int rows)
    {
        file.Rows = rows;
        file.Values = rows;
        return file;
    }

    private static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static byte[] Gzip(byte[] bytes)
    {
        var zipped = new MemoryStream();
        using (var stream = new GZipStream(zipped, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return zipped.ToArray();
    }

    // One raw block, of fewer than 32 bytes.
    private static byte[] ZstdFrame(byte[] bytes) =>
        [0x28, 0xB5, 0x2F, 0xFD, 0x20, (byte)bytes.Length, (byte)(bytes.Length << 3 | 1), 0, 0, .. bytes];

    private string Save(ParquetPageFile file)
    {
        File.WriteAllBytes(_folder["p.parquet"], file.ToBytes());
        return _folder["p.parquet"];
    }

    private T[] Values<T>(ParquetPageFile file) => ParquetFolder.Values<T>(ParquetFolder.Load(Save(file)), "X");

    private void Refuses(Func<ParquetPageFile> make, [CallerArgumentExpression(nameof(make))] string what = "")
    {
        string path = Save(make());
        long allocated = GC.GetTotalAllocatedBytes();
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() =>
        {
            IDataView data = ParquetFolder.Load(path);
            bool isList = data.Schema["X"].Type is VectorDataViewType;
            _ = isList ? ParquetFolder.Lists<float>(data, "X").Length : ParquetFolder.Values<float>(data, "X").Length;
        }, what);
        Assert.AreEqual(path, error.FileName);
        Assert.IsLessThan(256L << 20, GC.GetTotalAllocatedBytes() - allocated);
    }
}
