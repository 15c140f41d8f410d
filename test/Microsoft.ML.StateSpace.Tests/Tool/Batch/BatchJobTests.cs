using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Batch;

namespace Microsoft.ML.StateSpace.Tests.Tool.Batch;

/// <summary>Many files scored as one job: the same bytes however they are dealt out, rows and keys in order, nothing lost silently.</summary>
[TestClass]
public sealed class BatchJobTests
{
    private static BatchCase s_case = null!;
    private static SortedDictionary<string, byte[]> s_expected = null!;

    [ClassInitialize]
    public static void Prepare(TestContext _)
    {
        s_case = new BatchCase();
        // Each file by itself, as a file.
        foreach (string name in BatchCase.Names)
            Assert.AreEqual(ExitCode.Ok, s_case.Line.Run("score", s_case.Model, s_case.Path($"in/{name}"), "--output", s_case.Path($"expected/{name}"), "--device", "cpu"), s_case.Line.Messages);
        s_expected = s_case.Outputs("expected");
    }

    [ClassCleanup]
    public static void Clean() => s_case.Dispose();

    [TestMethod]
    public void WorkersAndShardsChangeNoByte()
    {
        Assert.HasCount(BatchCase.Names.Length, s_expected);
        foreach (string workers in new[] { "1", "2", "3" })
        {
            Assert.AreEqual(ExitCode.Ok, s_case.Score($"w{workers}", "--workers", workers), s_case.Line.Messages);
            s_case.AssertSame(s_expected, $"w{workers}");
            Assert.AreEqual(s_case.Manifest("w1"), s_case.Manifest($"w{workers}"));
        }

        foreach (string shard in new[] { "2/3", "3/3", "1/3" })
        {
            Assert.AreEqual(ExitCode.Ok, s_case.Score("shards", "--shard", shard, "--workers", "2"), s_case.Line.Messages);
            int verified = s_case.Line.Run("verify", s_case.Path("shards"), "--format", "json");
            Assert.AreEqual(shard == "1/3" ? ExitCode.Ok : ExitCode.SomeFailed, verified, s_case.Line.Messages);
        }

        s_case.AssertSame(s_expected, "shards");
        Assert.IsTrue((bool)s_case.Line.Json["complete"]!);
        Assert.AreEqual(3, (int)s_case.Line.Json["shards"]!);
        Assert.AreEqual(BatchCase.Names.Length, (int)s_case.Line.Json["counts"]!["ok"]!);
    }

    [TestMethod]
    public void RowsStayInOrderAndKeysAreCarried()
    {
        Assert.AreEqual(ExitCode.Ok, s_case.Score("kept", "--keep", "Latents", "--workers", "2"), s_case.Line.Messages);
        var catalog = new MLContext().StateSpace.Data;
        foreach (string name in BatchCase.Names)
        {
            IDataView input = catalog.LoadFromParquet(s_case.Path($"in/{name}")), scored = catalog.LoadFromParquet(s_case.Path($"kept/{name}"));
            CollectionAssert.AreEqual(new[] { "SequenceId", "Latents", "SmoothedMean" }, scored.Schema.Take(3).Select(column => column.Name).ToArray());
            CollectionAssert.AreEqual(input.GetColumn<string>("SequenceId").ToArray(), scored.GetColumn<string>("SequenceId").ToArray());
            float[][] before = [.. input.GetColumn<float[]>("Latents")], after = [.. scored.GetColumn<float[]>("Latents")];
            for (int row = 0; row < before.Length; row++)
                CollectionAssert.AreEqual(before[row], after[row]);
        }
    }

    [TestMethod]
    public void TheManifestHasTheFilesChecksumsAndRows()
    {
        Assert.AreEqual(ExitCode.Ok, s_case.Score("sums", "--columns", "SmoothedMean"), s_case.Line.Messages);
        JsonNode manifest = JsonNode.Parse(s_case.Manifest("sums"))!;
        Assert.AreEqual(Sha256(s_case.Model), (string)manifest["job"]!["model"]!);
        Assert.AreEqual("SmoothedMean", (string)manifest["job"]!["columns"]![0]!);
        JsonArray files = manifest["files"]!.AsArray();
        CollectionAssert.AreEqual(BatchCase.Names, files.Select(file => (string)file!["path"]!).ToArray());
        foreach (JsonNode? file in files)
        {
            string name = (string)file!["path"]!;
            Assert.AreEqual("ok", (string)file["status"]!);
            foreach ((string side, string folder) in new[] { ("input", "in"), ("output", "sums") })
            {
                string path = s_case.Path($"{folder}/{name}");
                Assert.AreEqual(Sha256(path), (string)file[side]!["sha256"]!);
                Assert.AreEqual(new FileInfo(path).Length, (long)file[side]!["bytes"]!);
            }

            Assert.AreEqual(new MLContext().StateSpace.Data.LoadFromParquet(s_case.Path($"in/{name}")).GetRowCount(), (long)file["rows"]!);
        }

        // How long it took stands elsewhere.
        Assert.IsFalse(s_case.Manifest("sums").Contains("seconds", StringComparison.Ordinal));
        Assert.IsTrue(s_case.Journal("sums").All(line => (double)JsonNode.Parse(line)!["seconds"]! > 0));
    }

    [TestMethod]
    public void VerifySeesEveryChange()
    {
        Assert.AreEqual(ExitCode.Ok, s_case.Score("seen"), s_case.Line.Messages);
        Assert.AreEqual(ExitCode.Ok, s_case.Line.Run("verify", s_case.Path("seen")), s_case.Line.Messages);
        StringAssert.Contains(s_case.Line.Output, "complete, 1 shard, 7 of 7 files");
        byte[] bytes = File.ReadAllBytes(s_case.Path("seen/r.parquet"));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(s_case.Path("seen/r.parquet"), bytes);
        File.Delete(s_case.Path("seen/a/x.parquet"));
        File.WriteAllText(s_case.Path("seen/a/.x.parquet.0123456789abcdef0123456789abcdef.tmp"), "left behind");
        Assert.AreEqual(ExitCode.SomeFailed, s_case.Line.Run("verify", s_case.Path("seen")));
        foreach (string part in new[] { "'r.parquet' has changed", "'a/x.parquet' is missing", "'a/.x.parquet.0123456789abcdef0123456789abcdef.tmp' is in the folder" })
            StringAssert.Contains(s_case.Line.Messages, part);
        Assert.HasCount(3, s_case.Line.ErrorLines);

        // A resumed job mends all three, and touches nothing else.
        Dictionary<string, DateTime> before = s_case.Times("seen");
        Assert.AreEqual(ExitCode.Ok, s_case.Score("seen", "--resume"), s_case.Line.Messages);
        s_case.AssertSame(s_expected, "seen");
        foreach ((string name, DateTime time) in before.Where(pair => pair.Key != "r.parquet"))
            Assert.AreEqual(time, File.GetLastWriteTimeUtc(s_case.Path($"seen/{name}")), name);
        Assert.AreEqual(ExitCode.Ok, s_case.Line.Run("verify", s_case.Path("seen")), s_case.Line.Messages);
    }

    [TestMethod]
    [DataRow("skip", "1")]
    [DataRow("skip", "2")]
    [DataRow("stop", "1")]
    public void ABadFileIsReportedAndSkippedOrStopsTheRun(string onError, string workers)
    {
        s_case.WriteBad();
        try
        {
            string folder = $"bad-{onError}-{workers}";
            int code = s_case.Score(folder, "--on-error", onError, "--workers", workers);
            Assert.AreEqual(onError == "skip" ? ExitCode.SomeFailed : ExitCode.BadFile, code, s_case.Line.Messages);
            StringAssert.Contains(s_case.Line.ErrorLines.Single(), s_case.Path($"in/{BatchCase.BadName}"));
            JsonNode manifest = JsonNode.Parse(s_case.Manifest(folder))!;
            JsonNode bad = manifest["files"]!.AsArray().Single(file => (string)file!["path"]! == BatchCase.BadName)!;
            Assert.AreEqual("failed", (string)bad["status"]!);
            StringAssert.Contains((string)bad["error"]!, "cannot be read as Parquet");
            Assert.AreEqual(onError == "skip", (bool)manifest["complete"]!);
            if (onError == "skip")
                s_case.AssertSame(s_expected, folder);
            else
                CollectionAssert.AreEqual(new[] { "a/b/1.parquet", "a/b/day=2.parquet" }, s_case.Outputs(folder).Keys.ToArray());
            Assert.AreEqual(ExitCode.SomeFailed, s_case.Line.Run("verify", s_case.Path(folder)));
            StringAssert.Contains(s_case.Line.Messages, onError == "skip" ? "failed: " : "was ended before");
        }
        finally
        {
            File.Delete(s_case.Path($"in/{BatchCase.BadName}"));
        }
    }

    [TestMethod]
    public void RatesAndTimeLeftAreShown()
    {
        var display = new Lines();
        BatchInput[] files = [new("x", "x"), new("y", "y")];
        var progress = new BatchProgress(display, new Dictionary<BatchInput, long> { [files[0]] = 10, [files[1]] = 30 });
        progress.Done(files[0], 0);
        Assert.AreEqual(0.25, display.Fraction, "complete before");
        Thread.Sleep(20);
        for (int row = 0; row < 15; row++)
            progress.Row();
        Assert.AreEqual(25.0 / 40, display.Fraction, 1e-9);
        StringAssert.Matches(display.Detail, new(@"^1/2 files  15 rows  [0-9.]+ rows/s  \d+s left$"));
    }

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private sealed class Lines : StateSpace.Tool.Console.ProgressDisplay
    {
        public double Fraction { get; private set; }

        public string Detail { get; private set; } = "";

        public override void Report(string name, double fraction, string detail, string? remark = null) => (Fraction, Detail) = (fraction, detail);

        public override void WriteLine(string message) => Assert.Fail(message);
    }
}
