using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Matlab;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public sealed class MatFileTests
{
    /// <summary>
    /// The same variables in little and big endian, plain and compressed: traindata, a cell array of a 2×3 logical matrix and a
    /// 1×3 one of doubles; an empty cell array; validdata, 2×3 doubles kept as 16-bit numbers; testdata, a cell of singles.
    /// </summary>
    private static readonly Dictionary<string, string> Files = new()
    {
        ["rollsle1"] = "TUFUTEFCIDUuMCBNQVQtZmlsZSwgbWFkZSBieSBoYW5kICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAABSU0PAAAAUQAAAHic42NgYDgBxGxAzAHEjAwQwIrEZ4LSnEBcUpSYmZeSWJIIVccHxBZI+jnR9IP0MiOZywRVywhCjBD9Hkj62bDYj6wfZL4EAy7wwR4AdKMG/w8AAAAmAAAAeJzjY2BgMABiNiDmAGJGBghgReODaHYgzssvycjMS2cAACChA1sPAAAANQAAAHic42NgYAgAYjYg5oDSIMAK5TMBMTMQMwIxJxCXJeZkpqQkliRC1YHkeKDyEBLCAgCwtgRLDwAAADoAAAB4nONjYGCoAGI2IOYAYkYGCGBF4sMwiF+SWlySkliSyAdkOyDpY8eijxnJPJA8DwMyaLAHkQB0vwVP",
        ["rollsbe0"] = "TUFUTEFCIDUuMCBNQVQtZmlsZSwgbWFkZSBieSBoYW5kICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAEATUkAAAAOAAAAyAAAAAYAAAAIAAAAAQAAAAAAAAAFAAAACAAAAAEAAAACAAAAAQAAAAl0cmFpbmRhdGEAAAAAAAAAAAAADgAAADgAAAAGAAAACAAAAAkAAAAAAAAABQAAAAgAAAACAAAAAwAAAAEAAAAAAAAAAgAAAAYBAAABAAEAAAAAAA4AAABIAAAABgAAAAgAAAAGAAAAAAAAAAUAAAAIAAAAAQAAAAMAAAABAAAAAAAAAAkAAAAYAAAAAAAAAAAAAAAAAAAAAD/wAAAAAAAAAAAADgAAADAAAAAGAAAACAAAAAEAAAAAAAAABQAAAAgAAAABAAAAAAAAAAEAAAAHbm90aGluZwAAAAAOAAAAUAAAAAYAAAAIAAAABgAAAAAAAAAFAAAACAAAAAIAAAADAAAAAQAAAAl2YWxpZGRhdGEAAAAAAAAAAAAAAwAAAAwAAQAAAAAAAQAAAAEAAAAAAAAADgAAAHgAAAAGAAAACAAAAAEAAAAAAAAABQAAAAgAAAABAAAAAQAAAAEAAAAIdGVzdGRhdGEAAAAOAAAAQAAAAAYAAAAIAAAABwAAAAAAAAAFAAAACAAAAAEAAAADAAAAAQAAAAAAAAAHAAAADAAAAAAAAAAAP4AAAAAAAAA=",
        ["rollsbe1"] = "TUFUTEFCIDUuMCBNQVQtZmlsZSwgbWFkZSBieSBoYW5kICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAEATUkAAAAPAAAAVHicY2Bg4GNgYDgBxGxAzAHEjAwQwIrEZ4LSnCVFiZl5KYkliQxwANJvgaSfE00/SC8zkrkgPhsjiM8I1++BpJ8Ni/3I+kHmSzCgAfsPEBoAdNAG/wAAAA8AAAAneJxjYGDgY2BgMABiNiDmAGJGBghgReODaPa8/JKMzLx0BgAfeANbAAAADwAAADd4nGNgYOBjYGAIAGI2IOaA0iDACuUzATEzEDMCMWdZYk5mSkpiSSIDHIDkeMCyEDVgFgCu3ARLAAAADwAAAD14nGNgYOBjYGCoAGI2IOYAYkYGCGBF4sMwR0lqcUlKYkkiA0SfA5I+diz6mJHMA8nzQNkM9g0QGgByXQVP",
        ["rollsle0"] = "TUFUTEFCIDUuMCBNQVQtZmlsZSwgbWFkZSBieSBoYW5kICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAABSU0OAAAAyAAAAAYAAAAIAAAAAQAAAAAAAAAFAAAACAAAAAEAAAACAAAAAQAAAAkAAAB0cmFpbmRhdGEAAAAAAAAADgAAADgAAAAGAAAACAAAAAkAAAAAAAAABQAAAAgAAAACAAAAAwAAAAEAAAAAAAAAAgAAAAYAAAABAAABAAEAAA4AAABIAAAABgAAAAgAAAAGAAAAAAAAAAUAAAAIAAAAAQAAAAMAAAABAAAAAAAAAAkAAAAYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/DgAAADAAAAAGAAAACAAAAAEAAAAAAAAABQAAAAgAAAABAAAAAAAAAAEAAAAHAAAAbm90aGluZwAOAAAAUAAAAAYAAAAIAAAABgAAAAAAAAAFAAAACAAAAAIAAAADAAAAAQAAAAkAAAB2YWxpZGRhdGEAAAAAAAAAAwAAAAwAAAABAAAAAAABAAAAAQAAAAAADgAAAHgAAAAGAAAACAAAAAEAAAAAAAAABQAAAAgAAAABAAAAAQAAAAEAAAAIAAAAdGVzdGRhdGEOAAAAQAAAAAYAAAAIAAAABwAAAAAAAAAFAAAACAAAAAEAAAADAAAAAQAAAAAAAAAHAAAADAAAAAAAAAAAAAAAAACAPwAAAAA=",
    };

    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("rollsle0")]
    [DataRow("rollsle1")]
    [DataRow("rollsbe0")]
    [DataRow("rollsbe1")]
    public void BothByteOrdersAreReadPlainAndCompressed(string file)
    {
        SequencesMat mat = SequencesMat.Open(Write(Bytes(file)));
        Assert.AreEqual("train valid test", string.Join(' ', mat.Splits));
        ParquetFolder.AreEqual([[1f, 0, 0, 0, 1, 1], [0f, 0, 1]], [.. mat.Read("train", 3)]);
        ParquetFolder.AreEqual([[1f, 0, 0, 0, 1, 1]], [.. mat.Read("valid", 3)]);
        ParquetFolder.AreEqual([[0f, 0, 1]], [.. mat.Read("test", 3)]);
    }

    [TestMethod]
    public void AnotherNumberOfColumnsIsNamedByPlace()
    {
        SequencesMat mat = SequencesMat.Open(Write(Bytes("rollsle0")));
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => mat.Read("train", 2).ToList());
        Assert.AreEqual(((long?)0, "traindata"), (error.Row, error.Column));
        StringAssert.Contains(error.Message, "2×3");
        StringAssert.Contains(error.Message, "transpose");
        Assert.ThrowsExactly<DataFileException>(() => mat.Read("dev", 3).ToList());
    }

    [TestMethod]
    [DataRow("rollsle0")]
    [DataRow("rollsbe1")]
    public void EveryCutIsRefusedOrLosesWholeVariables(string file)
    {
        byte[] whole = Bytes(file);
        int refused = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            try
            {
                SequencesMat mat = SequencesMat.Open(Write(whole[..length]));
                foreach (string split in mat.Splits)
                    Assert.AreEqual(split == "test" ? 3 : 6, mat.Read(split, 3).First().Length);
                Assert.IsLessThan(3, mat.Splits.Count, $"{length} bytes");
            }
            catch (DataFileException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(whole.Length / 2, refused);
    }

    [TestMethod]
    [DataRow("rollsle0")]
    [DataRow("rollsle1")]
    public void DamagedBytesEndInAnAnswer(string file)
    {
        var random = new Random(2);
        byte[] whole = Bytes(file);
        int refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(124, damaged.Length)] = (byte)random.Next(256);
            try
            {
                SequencesMat mat = SequencesMat.Open(Write(damaged));
                _ = mat.Splits.Sum(split => mat.Read(split, 3).Count());
            }
            catch (DataFileException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(100, refused);
    }

    [TestMethod]
    public void ForgedSizesAllocateNothing()
    {
        byte[] bytes = Bytes("rollsle0");
        // The cell array's dimensions stand behind the header, its tag, its flags and their own tag.
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(128 + 8 + 16 + 8), int.MaxValue);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(128 + 8 + 16 + 12), int.MaxValue);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => SequencesMat.Open(Write(bytes)));
        StringAssert.Contains(error.Message, "cells, which the file cannot hold");
        Assert.AreEqual("traindata", error.Column);
    }

    [TestMethod]
    public void AnElementThatUnpacksToTooMuchIsRefused()
    {
        using var zipped = new MemoryStream();
        using (var zip = new ZLibStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (int i = 0; i < 513; i++)
                zip.Write(zeros);
        }

        byte[] tag = [15, 0, 0, 0, .. BitConverter.GetBytes((int)zipped.Length)];
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => SequencesMat.Open(Write([.. Bytes("rollsle0")[..128], .. tag, .. zipped.ToArray()])));
        StringAssert.Contains(error.Message, "unpacks to more than");
    }

    [TestMethod]
    [DataRow(124, 0, 125, 2, "7.3")]
    [DataRow(0, 'X', 1, 'Y', "version 5")]
    public void OtherVersionsAreNamed(int first, int value, int second, int other, string named)
    {
        byte[] bytes = Bytes("rollsle0");
        (bytes[first], bytes[second]) = ((byte)value, (byte)other);
        StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => SequencesMat.Open(Write(bytes))).Message, named);
    }

    [TestMethod]
    public void KindsThatAreNotReadAreNamed()
    {
        byte[] bytes = Bytes("rollsle0");
        foreach ((int kind, string named) in new[] { (2, "a structure"), (4, "text"), (5, "a sparse matrix") })
        {
            bytes[128 + 8 + 8] = (byte)kind;
            DataFileException error = Assert.ThrowsExactly<DataFileException>(() => SequencesMat.Open(Write(bytes)));
            StringAssert.Contains(error.Message, named);
            Assert.AreEqual("traindata", error.Column);
        }
    }

    private static byte[] Bytes(string file) => Convert.FromBase64String(Files[file]);

    private string Write(byte[] bytes)
    {
        File.WriteAllBytes(_folder["t.mat"], bytes);
        return _folder["t.mat"];
    }
}
