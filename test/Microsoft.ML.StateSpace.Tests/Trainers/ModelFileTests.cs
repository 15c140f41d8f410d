using System.IO.Compression;
using System.Reflection;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Model files that are damaged, cut short, forged or too new.</summary>
[TestClass]
public class ModelFileTests
{
    private static byte[] s_model = [];

    [ClassInitialize]
    public static void Save(TestContext _)
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(12));
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        s_model = stream.ToArray();
    }

    [TestMethod]
    public void FlippedBytesNeverGiveAnotherModel()
    {
        var random = new Random(4);
        int refused = 0;
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = [.. s_model];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            refused += LoadsOrFailsCleanly(damaged) ? 0 : 1;
        }
        Assert.IsTrue(refused > 50, $"{refused} of 100 were refused");
    }

    [TestMethod]
    public void CutShortIsRefused()
    {
        for (int i = 0; i < 40; i++)
            Assert.IsFalse(LoadsOrFailsCleanly(s_model[..(s_model.Length * i / 40)]));
    }

    [TestMethod]
    public void OptionsCannotAskForMoreMemoryThanTheFileHolds()
    {
        byte[] forged = Edit("options.json", text => text.Replace("\"latentSize\": 3", "\"latentSize\": 2000000000"));
        long before = GC.GetTotalAllocatedBytes();
        Assert.IsFalse(LoadsOrFailsCleanly(forged));
        Assert.IsTrue(GC.GetTotalAllocatedBytes() - before < 100_000_000);
    }

    [TestMethod]
    public void AModelOfANewerVersionSaysSo()
    {
        byte[] newer = EditBytes("Model.key", bytes =>
        {
            // After the component's signature: the version written, and the oldest that can read it.
            int signature = bytes.AsSpan().IndexOf("DMM\0SSM\0"u8);
            bytes[signature + 8]++;
            bytes[signature + 12]++;
        });
        using var stream = new MemoryStream(newer);
        Exception error = Assert.Throws<Exception>(() => new MLContext().Model.Load(stream, out _)).GetBaseException();
        Assert.IsInstanceOfType<InvalidDataException>(error);
        StringAssert.Contains(error.Message, "newer version");
        StringAssert.Contains(error.Message, "1.3");
    }

    // Either the very same model, or an exception that says the file is bad.
    private static bool LoadsOrFailsCleanly(byte[] bytes)
    {
        try
        {
            using var stream = new MemoryStream(bytes);
            using var model = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
            Assert.AreEqual(3, model.LatentSize);
            return true;
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or InvalidOperationException
            or NotSupportedException or EndOfStreamException or ArgumentException or FileNotFoundException or FileLoadException
            || (e is TargetInvocationException && e.InnerException is InvalidDataException or FormatException or ArgumentException))
        {
            return false;
        }
    }

    private static byte[] EditBytes(string name, Action<byte[]> edit)
    {
        using var stream = new MemoryStream();
        stream.Write(s_model);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        using (var content = zip.Entries.Single(e => e.FullName.EndsWith(name, StringComparison.Ordinal)).Open())
        {
            byte[] bytes = new byte[content.Length];
            content.ReadExactly(bytes);
            edit(bytes);
            content.Position = 0;
            content.Write(bytes);
        }
        return stream.ToArray();
    }

    private static byte[] Edit(string name, Func<string, string> edit)
    {
        using var stream = new MemoryStream();
        stream.Write(s_model);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            var entry = zip.Entries.Single(e => e.FullName.EndsWith(name, StringComparison.Ordinal));
            string before, path = entry.FullName;
            using (var reader = new StreamReader(entry.Open()))
                before = reader.ReadToEnd();
            string after = edit(before);
            Assert.AreNotEqual(before, after);
            entry.Delete();
            using var writer = new StreamWriter(zip.CreateEntry(path).Open());
            writer.Write(after);
        }
        return stream.ToArray();
    }
}
