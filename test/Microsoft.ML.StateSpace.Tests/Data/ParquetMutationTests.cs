using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>Damaged copies of Parquet files: the right rows, or an error that names the file; quickly, and without a large allocation.</summary>
[TestClass]
[DoNotParallelize] // it measures what the whole process allocates
public class ParquetMutationTests
{
    private const int Rows = 60;
    private const int Sensitive = 1500;

    // 16 million values are the fewest that no file is too short for, since runs of one value take no room.
    private const long MostBytes = 320L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private readonly ParquetFolder _folder = new();
    private readonly string[] _ids = Enumerable.Range(0, Rows).Select(i => $"sequence-{i:D4}").ToArray();
    private readonly float[][] _lists = Enumerable.Range(0, Rows).Select(i => Enumerable.Range(0, i * 3 % 50).Select(t => MathF.Sin(i + t)).ToArray()).ToArray();
    private readonly DateTime[] _times = Enumerable.Range(0, Rows).Select(i => DateTime.UnixEpoch.AddHours(i)).ToArray();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void DamagedCopiesOfOwnFiles() => OwnFiles(copies: 25);

    [TestMethod]
    [TestCategory("Long")]
    public void AThousandDamagedCopiesOfOwnFiles() => OwnFiles(copies: 250);

    [TestMethod]
    public void DamagedCopiesOfOthersFiles() => OthersFiles(copies: 20);

    [TestMethod]
    [TestCategory("Long")]
    public void AThousandDamagedCopiesOfOthersFiles() => OthersFiles(copies: 200);

    // The library's own files carry checksums: what is read is right.
    private void OwnFiles(int copies)
    {
        int right = 0;
        int tried = 0;
        foreach (ParquetCompression compression in Enum.GetValues<ParquetCompression>())
        {
            new ParquetTable().Add("Id", _ids).AddLists("X", _lists).Add("Time", _times)
                .Write(_folder["whole.parquet"], new ParquetSaveOptions { Compression = compression, ValuesPerRowGroup = 500 });
            byte[] whole = File.ReadAllBytes(_folder["whole.parquet"]);
            for (int copy = 0; copy < copies; copy++)
            {
                (byte[] bytes, string what) = Mutations.Damage(whole, 1000 * (int)compression + copy, Sensitive);
                right += Holds(bytes, what, CheckRows) ? 1 : 0;
                tried++;
            }
        }

        Assert.IsTrue(right < tried / 2, $"{right} of {tried} copies were as good as the whole");
    }

    // Those of others do not: what is read has the right form at least.
    private void OthersFiles(int copies)
    {
        (int Encoding, int Codec)[] kinds = [(0, 0), (8, 1), (5, 2), (7, 4), (0, 6)];
        foreach ((int encoding, int codec) in kinds)
        {
            byte[] whole = Foreign(encoding, codec);
            for (int copy = 0; copy < copies; copy++)
            {
                (byte[] bytes, string what) = Mutations.Damage(whole, 1000 * encoding + copy, whole.Length / 2);
                Holds(bytes, $"encoding {encoding}, codec {codec}, {what}", ReadAll);
            }
        }
    }

    private static byte[] Foreign(int encoding, int codec)
    {
        const int Count = 200;
        int[] numbers = Enumerable.Range(0, Count).Select(i => i * i % 31).ToArray();
        string[] texts = numbers.Select(n => $"class {n}").ToArray();
        ParquetPageFile file = ParquetPageFile.Flat(encoding == 7 ? ParquetPageFile.ByteArray : ParquetPageFile.Int32);
        (file.Rows, file.Values, file.Codec) = (Count, Count, codec);
        (Array distinct, byte[] indices) = ParquetEncoders.Dictionary(numbers);
        if (encoding == 8)
        {
            byte[] dictionary = ParquetEncoders.Plain(distinct);
            file.Dictionary(distinct.Length, dictionary.Length, ParquetEncoders.Compress(codec, dictionary));
        }

        byte[] body = encoding switch
        {
            0 => ParquetEncoders.Plain(numbers),
            5 => ParquetEncoders.DeltaPacked(numbers.Select(n => (long)n).ToArray()),
            7 => ParquetEncoders.DeltaPrefixes(texts),
            _ => indices,
        };
        return file.Page1(encoding, Count, body.Length, ParquetEncoders.Compress(codec, body)).ToBytes();
    }

    private bool Holds(byte[] bytes, string what, Action<string, string> read)
    {
        string path = _folder["damaged.parquet"];
        File.WriteAllBytes(path, bytes);
        long allocated = GC.GetTotalAllocatedBytes();
        bool isRight = false;
        Task reading = Task.Run(() =>
        {
            try
            {
                read(path, what);
                isRight = true;
            }
            catch (DataFileException e)
            {
                Assert.AreEqual(path, e.FileName, what);
            }
        });
        Assert.IsTrue(reading.ContinueWith(_ => { }).Wait(Longest), $"{what}: it hangs");
        reading.GetAwaiter().GetResult();
        Assert.IsLessThan(MostBytes, GC.GetTotalAllocatedBytes() - allocated, what);
        return isRight;
    }

    private void CheckRows(string path, string what)
    {
        IDataView data = ParquetSequences.Load([path], new ParquetLoadOptions { ColumnNames = ["Id", "X", "Time"] });
        string[] ids = ParquetFolder.Texts(data, "Id");
        float[][] lists = ParquetFolder.Lists<float>(data, "X");
        DateTime[] times = ParquetFolder.Values<DateTime>(data, "Time");
        CollectionAssert.AreEqual(_ids, ids, what);
        CollectionAssert.AreEqual(_times, times, what);
        ParquetFolder.AreEqual(_lists, lists);
    }

    private static void ReadAll(string path, string what)
    {
        IDataView data = ParquetSequences.Load([path]);
        foreach (DataViewSchema.Column column in data.Schema)
        {
            int rows = column.Type switch
            {
                VectorDataViewType => ParquetFolder.Lists<int>(data, column.Name).Length,
                TextDataViewType => ParquetFolder.Texts(data, column.Name).Length,
                _ when column.Type.RawType == typeof(int) => ParquetFolder.Values<int>(data, column.Name).Length,
                _ => (int)data.GetRowCount()!.Value,
            };
            Assert.AreEqual(data.GetRowCount(), rows, what);
        }
    }
}
