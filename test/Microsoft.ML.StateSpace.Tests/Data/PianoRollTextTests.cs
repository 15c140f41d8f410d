using System.IO.Compression;
using System.Text;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class PianoRollTextTests
{
    private const string Sample = "39,51,58;51,58\n;0;87;\n7\n";
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ASampleComesBackThroughParquet(bool zip)
    {
        string text = Text(Encoding.ASCII.GetBytes(Sample), zip);
        Assert.AreEqual(3L, PianoRollText.Convert(text, _folder["t.parquet"], "jsb"));
        IDataView data = ParquetFolder.Load(_folder["t.parquet"]);
        CollectionAssert.AreEqual(new[] { "jsb-0001", "jsb-0002", "jsb-0003" }, ParquetFolder.Texts(data, "SequenceId"));
        float[][] rolls = ParquetFolder.Lists<float>(data, "Observations");
        Assert.AreEqual(Sample, string.Concat(rolls.Select(roll => Print(roll) + "\n")));
        CollectionAssert.AreEqual(new[] { 2 * 88, 4 * 88, 88 }, rolls.Select(roll => roll.Length).ToArray());
        Assert.IsTrue(rolls.All(roll => roll.All(x => x is 0 or 1)));
    }

    [TestMethod]
    public void OtherKeyCountsAreRead()
    {
        float[][] rolls = PianoRollText.Read(Text("2;0,1"u8.ToArray(), zip: false), keys: 3).ToArray();
        ParquetFolder.AreEqual([[0f, 0, 1, 1, 1, 0]], rolls);
    }

    [TestMethod]
    [DataRow("1;2\n1;88", 1, 1, "88")]
    [DataRow("1;;3,x", 0, 2, "x")]
    [DataRow("-1", 0, 0, "-1")]
    [DataRow("1 ,2", 0, 0, "1 ")]
    [DataRow("5,,6", 0, 0, "")]
    [DataRow("5,4", 0, 0, "4")]
    [DataRow("1\n5;4,4", 1, 1, "4")]
    [DataRow("99999999999", 0, 0, "99999999999")]
    public void AMalformedTokenIsNamed(string content, int line, int step, string token)
    {
        string path = Text(Encoding.ASCII.GetBytes(content), zip: false);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => PianoRollText.Convert(path, _folder["t.parquet"], "x"));
        Assert.AreEqual((path, (long?)line, (int?)step), (error.FileName, error.Row, error.Step));
        StringAssert.Contains(error.Message, $"'{token}'");
        CollectionAssert.AreEqual(new[] { "t.txt" }, _folder.Files);
    }

    [TestMethod]
    public void ACutGzipFileIsRefused()
    {
        string lines = string.Concat(Enumerable.Range(0, 300).Select(i => $"{i % 80},{i % 80 + 5};{i * 7 % 60}\n"));
        byte[] zipped = File.ReadAllBytes(Text(Encoding.ASCII.GetBytes(lines), zip: true));
        for (int part = 1; part < 50; part++)
        {
            File.WriteAllBytes(_folder["t.txt"], zipped[..(zipped.Length * part / 50)]);
            Assert.ThrowsExactly<DataFileException>(() => PianoRollText.Read(_folder["t.txt"]).Count(), $"{part}/50");
        }

        Assert.ThrowsExactly<DataFileException>(() => PianoRollText.Read(_folder["none.txt"]).Count());
    }

    private static string Print(float[] roll) =>
        string.Join(';', roll.Chunk(88).Select(step => string.Join(',', Enumerable.Range(0, 88).Where(key => step[key] == 1))));

    private string Text(byte[] content, bool zip)
    {
        using FileStream file = File.Create(_folder["t.txt"]);
        using Stream stream = zip ? new GZipStream(file, CompressionLevel.Optimal) : file;
        stream.Write(content);
        return _folder["t.txt"];
    }
}
