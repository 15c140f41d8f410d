using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tests.Data;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Damaged and forged copies of a model: the very same model, or a clear error; quickly, inside the archive, and without a large allocation.</summary>
[TestClass]
[DoNotParallelize] // it measures what the whole process allocates
public class ModelMutationTests
{
    private const long MostBytes = 64L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private static readonly IDataView s_rows = new MLContext().Data.LoadFromEnumerable(Rows.Make(2, seed: 5));
    private static byte[] s_model = [];
    private static float[][] s_scores = [];

    [ClassInitialize]
    public static void Save(TestContext _)
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(12));
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        s_model = stream.ToArray();
        s_scores = Score(model);
    }

    [TestMethod]
    public void DamagedCopies() => Damaged(copies: 100);

    [TestMethod]
    [TestCategory("Long")]
    public void AThousandDamagedCopies() => Damaged(copies: 1000);

    [TestMethod]
    public void AModelWithoutOneOfItsEntriesIsRefused()
    {
        foreach (string name in Entries().Keys.Where(name => !name.Contains("TrainingInfo") && name != "Schema"))
        {
            var entries = Entries();
            entries.Remove(name);
            Assert.IsFalse(Loads(Zip(entries), name), name);
        }
    }

    [TestMethod]
    public void EntriesInEachOthersPlaceAreRefused()
    {
        string[] names = [.. Entries().Keys.Where(name => !name.Contains("TrainingInfo") && name != "Schema")];
        foreach ((string a, string b) in names.Zip(names.Skip(1)))
        {
            var entries = Entries();
            (entries[a], entries[b]) = (entries[b], entries[a]);
            Assert.IsFalse(Loads(Zip(entries), $"{a} for {b}"), $"{a} for {b}");
        }
    }

    [TestMethod]
    [DataRow("../escaped.txt")]
    [DataRow("..\\escaped.txt")]
    [DataRow("/tmp/escaped-model.txt")]
    [DataRow("TransformerChain/../../escaped.txt")]
    public void PathsThatLeadOutOfTheArchiveAreNotFollowed(string path)
    {
        string folder = Directory.CreateTempSubdirectory("model-").FullName;
        try
        {
            var entries = Entries();
            entries[path] = "escaped"u8.ToArray();
            string inside = Path.Combine(folder, "deep", "model.zip");
            Directory.CreateDirectory(Path.GetDirectoryName(inside)!);
            File.WriteAllBytes(inside, Zip(entries));
            using (var model = (DeepMarkovTransformer)new MLContext().Model.Load(inside, out _))
                Assert.AreEqual(3, model.LatentSize);
            CollectionAssert.AreEqual(new[] { inside }, Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
            Assert.IsFalse(File.Exists("/tmp/escaped-model.txt"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    [DataRow("options.json")]
    [DataRow("weights.safetensors")]
    [DataRow("Model.key")]
    public void AnEntryThatUnpacksToAThousandfoldIsNotBelieved(string name)
    {
        // 80 MiB of zeros pack into 80 KiB.
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string path, byte[] bytes) in Entries())
            {
                using Stream entry = zip.CreateEntry(path, CompressionLevel.Optimal).Open();
                entry.Write(bytes);
                for (int i = 0; path.EndsWith(name, StringComparison.Ordinal) && i < 80; i++)
                    entry.Write(new byte[1 << 20]);
            }
        }

        // The bytes are there, so that they are looked at once; what follows a component's own end is not read.
        bool isSame = Loads(stream.ToArray(), name, most: 512L << 20);
        Assert.AreEqual(name == "Model.key", isSame);
        Assert.IsFalse(Loads(ForgeSizes(stream.ToArray(), uncompressed: 100), $"{name}, said to be small"));
    }

    [TestMethod]
    [DataRow(0u)]
    [DataRow(1u)]
    [DataRow(1u << 30)]
    [DataRow(0x7FFFFFFEu)]
    [DataRow(uint.MaxValue)]
    public void ForgedSizesDoNotAllocate(uint size)
    {
        Assert.IsFalse(Loads(ForgeSizes(s_model, uncompressed: size), $"unpacked {size}"));
        Loads(ForgeSizes(s_model, compressed: size), $"packed {size}");
    }

    private static void Damaged(int copies)
    {
        int refused = 0;
        for (int seed = 0; seed < copies; seed++)
        {
            (byte[] bytes, string what) = Mutations.Damage(s_model, seed, sensitive: 1200);
            refused += Loads(bytes, what) ? 0 : 1;
        }

        Assert.IsTrue(refused > copies / 2, $"{refused} of {copies} were refused");
    }

    // Either the very same model, or an exception that says the file is bad.
    private static bool Loads(byte[] bytes, string what, long most = MostBytes)
    {
        long allocated = GC.GetTotalAllocatedBytes();
        var loading = Task.Run(() =>
        {
            try
            {
                using var stream = new MemoryStream(bytes);
                using var model = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
                float[][] scores = Score(model);
                for (int row = 0; row < s_scores.Length; row++)
                    CollectionAssert.AreEqual(s_scores[row], scores[row], what);
                return true;
            }
            catch (Exception e) when (e is FormatException or InvalidDataException or InvalidOperationException
                or NotSupportedException or EndOfStreamException or ArgumentException or FileNotFoundException or FileLoadException
                || (e is TargetInvocationException && e.InnerException is InvalidDataException or FormatException or ArgumentException))
            {
                return false;
            }
        });
        Assert.IsTrue(loading.ContinueWith(_ => { }).Wait(Longest), $"{what}: it hangs");
        bool loads = loading.GetAwaiter().GetResult();
        Assert.IsLessThan(most, GC.GetTotalAllocatedBytes() - allocated, what);
        return loads;
    }

    private static float[][] Score(ITransformer model) => [.. model.Transform(s_rows).GetColumn<float[]>("SmoothedMean")];

    private static Dictionary<string, byte[]> Entries()
    {
        using var zip = new ZipArchive(new MemoryStream(s_model), ZipArchiveMode.Read);
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using Stream stream = entry.Open();
            var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        });
    }

    private static byte[] Zip(Dictionary<string, byte[]> entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    // In the archive's directory, where readers look: signature, then the packed size at 20 and the unpacked one at 24.
    private static byte[] ForgeSizes(byte[] zip, uint? compressed = null, uint? uncompressed = null)
    {
        var forged = (byte[])zip.Clone();
        for (int at = 0; at < forged.Length - 46; at++)
        {
            if (!forged.AsSpan(at, 4).SequenceEqual("PK\x01\x02"u8))
                continue;
            if (compressed is { } packed)
                BinaryPrimitives.WriteUInt32LittleEndian(forged.AsSpan(at + 20), packed);
            if (uncompressed is { } unpacked)
                BinaryPrimitives.WriteUInt32LittleEndian(forged.AsSpan(at + 24), unpacked);
        }

        return forged;
    }
}
