using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Batch;

namespace Microsoft.ML.StateSpace.Tests.Tool.Batch;

/// <summary>Which files a job finds, where their scores go, and that nothing is written elsewhere.</summary>
[TestClass]
public sealed class BatchPathTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("statespace-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [TestMethod]
    [DataRow("in/**/*.parquet", "a/b/2.parquet a/1.parquet r.parquet")]
    [DataRow("in/*/1.parquet", "a/1.parquet")]
    [DataRow("in", "r.parquet")]
    [DataRow("in/a/b/../1.parquet", "1.parquet")]
    [DataRow("in/a/../*.parquet", "r.parquet")]
    [DataRow("in/r.parquet in/a/b/*.parquet", "2.parquet r.parquet")]
    [DataRow("in/r.parquet in/r.parquet", "r.parquet")]
    public void NamesAreThoseBelowThePatternsFolder(string data, string names)
    {
        Touch("in/a/b/2.parquet", "in/a/1.parquet", "in/r.parquet", "in/.hidden.parquet");
        string[] found = [.. Find(data).Select(input => input.Name)];
        CollectionAssert.AreEqual(names.Split(' ').Order(StringComparer.Ordinal).ToArray(), found);
    }

    [TestMethod]
    public void InputsThatWouldMeetOrBeOverwrittenAreRefused()
    {
        Touch("x/1.parquet", "y/1.parquet", "out/1.parquet");
        StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => Find("x/1.parquet y/1.parquet")).Message, "both be '1.parquet'");
        StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => Find("out/*.parquet")).Message, "lies in the output folder");
        Directory.CreateSymbolicLink(Path("link"), Path("x"));
        StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => Find("x/*.parquet", "link")).Message, "lies in the output folder");
        Assert.ThrowsExactly<FileNotFoundException>(() => Find("x/2.parquet"));
        Assert.ThrowsExactly<DataFileException>(() => Find("x/*.csv"));
    }

    [TestMethod]
    [DataRow("../x.parquet")]
    [DataRow("a/../../x.parquet")]
    [DataRow("/etc/x.parquet")]
    [DataRow("a//x.parquet")]
    [DataRow("./x.parquet")]
    [DataRow("link/x.parquet")]
    [DataRow("_manifest/x.parquet")]
    [DataRow("")]
    public void NoPlaceIsOutsideTheFolder(string name)
    {
        Directory.CreateDirectory(Path("out"));
        Directory.CreateSymbolicLink(Path("out/link"), _root);
        var folder = new OutputFolder(Path("out"));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => folder.PlaceOf(name)).Message, "leads out of the output folder");
        Assert.AreEqual(Path("out/a/..x.parquet"), folder.PlaceOf("a/..x.parquet"));
    }

    [TestMethod]
    public void AForgedManifestReachesNoFileOutside()
    {
        Directory.CreateDirectory(Path("out/_manifest"));
        File.WriteAllText(Path("out/_manifest/shard-1-of-1.json"), """
            { "format": 1, "job": { "model": "", "device": "cpu", "columns": [], "keep": [] }, "shard": { "index": 1, "count": 1 },
              "inputs": { "count": 1, "sha256": "" }, "complete": true, "counts": { "files": 1, "ok": 1, "failed": 0, "pending": 0, "rows": 1, "bytes": 1 },
              "files": [ { "path": "../secret", "source": "x", "status": "ok" } ] }
            """);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => FolderCheck.Run(Path("out"), CancellationToken.None)).Message, "leads out");
        foreach (string damage in new[] { "{", "null", "{}", """{ "format": 1, "shard": { "index": 1, "count": 2000000000 } }""" })
        {
            File.WriteAllText(Path("out/_manifest/shard-1-of-1.json"), damage);
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => FolderCheck.Run(Path("out"), CancellationToken.None)).Message, "shard-1-of-1.json");
        }

        Assert.ThrowsExactly<DirectoryNotFoundException>(() => FolderCheck.Run(Path("nowhere"), CancellationToken.None));
    }

    [TestMethod]
    public void ShardsDealAllFilesOnce()
    {
        int[] all = [.. Enumerable.Range(0, 10)];
        int[][] dealt = [.. Enumerable.Range(1, 4).Select(k => Shard.Parse($"{k}/4").Of(all).ToArray())];
        CollectionAssert.AreEqual(new[] { 2, 6 }, dealt[2]);
        CollectionAssert.AreEquivalent(all, dealt.SelectMany(shard => shard).ToArray());
        Assert.HasCount(0, Shard.Parse("11/12").Of(all));
        foreach (string wrong in new[] { "0/3", "4/3", "3", "1/0", "a/3", "1/2/3", "-1/3", "1/99999999999" })
            StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => Shard.Parse(wrong)).Message, wrong);
    }

    private IReadOnlyList<BatchInput> Find(string data, string output = "out") => BatchInput.Find(data.Split(' ').Select(Path), new OutputFolder(Path(output)));

    private string Path(string name) => System.IO.Path.Combine(_root, name);

    private void Touch(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(name))!);
            File.WriteAllText(Path(name), name);
        }
    }
}
