using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Batch;

namespace Microsoft.ML.StateSpace.Tests.Tool.Batch;

/// <summary>What a job may find in its output folder, and what it does about it.</summary>
[TestClass]
public sealed class BatchResumeTests
{
    private static BatchCase s_case = null!;
    private static SortedDictionary<string, byte[]> s_expected = null!;

    [ClassInitialize]
    public static void Prepare(TestContext _)
    {
        s_case = new BatchCase();
        Assert.AreEqual(ExitCode.Ok, s_case.Score("expected"), s_case.Line.Messages);
        s_expected = s_case.Outputs("expected");
    }

    [ClassCleanup]
    public static void Clean() => s_case.Dispose();

    [TestMethod]
    public void OutputsThatAreThereAreRefusedResumedOrOverwritten()
    {
        Assert.AreEqual(ExitCode.Ok, s_case.Score("there", "--shard", "1/2"), s_case.Line.Messages);
        Assert.AreEqual(ExitCode.Usage, s_case.Score("there"), s_case.Line.Messages);
        StringAssert.Contains(s_case.Line.ErrorLines.Single(), "--resume");
        // Another shard of the job finds none of its own.
        Assert.AreEqual(ExitCode.Ok, s_case.Score("there", "--shard", "2/2"), s_case.Line.Messages);
        // Dealt otherwise: everything is found.
        Dictionary<string, DateTime> times = s_case.Times("there");
        Assert.AreEqual(ExitCode.Ok, s_case.Score("there", "--resume", "--workers", "2"), s_case.Line.Messages);
        StringAssert.Contains(s_case.Line.Messages, "7 of them complete before");
        CollectionAssert.AreEquivalent(times, s_case.Times("there"));
        Assert.AreEqual(ExitCode.Ok, s_case.Line.Run("verify", s_case.Path("there")), s_case.Line.Messages);
        Assert.AreEqual(ExitCode.Ok, s_case.Score("there", "--overwrite"), s_case.Line.Messages);
        Assert.IsTrue(s_case.Times("there").All(pair => pair.Value > times[pair.Key]));
        s_case.AssertSame(s_expected, "there");
    }

    [TestMethod]
    public void AnotherModelOrOtherColumnsAreRefusedUnlessTheyAreToReplace()
    {
        Assert.AreEqual(ExitCode.Ok, s_case.Score("other", "--columns", "SmoothedMean", "--shard", "1/2"), s_case.Line.Messages);
        Assert.AreEqual(ExitCode.Usage, s_case.Score("other", "--resume"), s_case.Line.Messages);
        StringAssert.Contains(s_case.Line.ErrorLines.Single(), "another model");
        string copy = s_case.Path("copy.zip");
        using (var zip = System.IO.Compression.ZipFile.Open(CopyTo(s_case.Model, copy), System.IO.Compression.ZipArchiveMode.Update))
            zip.CreateEntry("note.txt");
        string[] score = ["score", copy, s_case.Pattern, "--output", s_case.Path("other"), "--columns", "SmoothedMean", "--device", "cpu", "--resume"];
        Assert.AreEqual(ExitCode.Usage, s_case.Line.Run(score), s_case.Line.Messages);
        Assert.AreEqual(ExitCode.Ok, s_case.Score("other", "--resume", "--overwrite"), s_case.Line.Messages);
        s_case.AssertSame(s_expected, "other");
    }

    [TestMethod]
    public void AnInputThatChangedIsScoredAgainAndAloneAndAFailedOneLeavesNoOldScores()
    {
        try
        {
            Assert.AreEqual(ExitCode.Ok, s_case.Score("changed"), s_case.Line.Messages);
            Dictionary<string, DateTime> times = s_case.Times("changed");
            s_case.WriteSequences("r.parquet", 4, 99);
            s_case.WriteBad("s.parquet");
            Assert.AreEqual(ExitCode.SomeFailed, s_case.Score("changed", "--resume", "--on-error", "skip"), s_case.Line.Messages);
            Dictionary<string, DateTime> after = s_case.Times("changed");
            Assert.IsFalse(after.ContainsKey("s.parquet"));
            CollectionAssert.AreEqual(new[] { "r.parquet" }, after.Where(pair => pair.Value != times[pair.Key]).Select(pair => pair.Key).ToArray());
        }
        finally
        {
            RestoreInputs();
        }

        // The failed file is tried again when it is mended.
        Assert.AreEqual(ExitCode.Ok, s_case.Score("changed", "--resume"), s_case.Line.Messages);
        s_case.AssertSame(s_expected, "changed");
    }

    [TestMethod]
    public void ACancelledJobLeavesAStateToGoOnFrom()
    {
        using var cancel = new CancellationTokenSource();
        using var watcher = new FileSystemWatcher(Directory.CreateDirectory(s_case.Path("cancelled/a/b")).FullName);
        watcher.Renamed += (_, _) => cancel.Cancel();
        watcher.EnableRaisingEvents = true;
        Assert.AreEqual(ExitCode.Cancelled, s_case.Score(cancel.Token, "cancelled"), s_case.Line.Messages);
        JsonNode manifest = JsonNode.Parse(s_case.Manifest("cancelled"))!;
        Assert.IsFalse((bool)manifest["complete"]!);
        int done = (int)manifest["counts"]!["ok"]!;
        Assert.IsTrue(done is > 0 and < 7, $"{done}");
        Assert.HasCount(done, s_case.Outputs("cancelled"), "nothing half-written");
        Assert.AreEqual(ExitCode.Ok, s_case.Score("cancelled", "--resume"), s_case.Line.Messages);
        s_case.AssertSame(s_expected, "cancelled");
        Assert.AreEqual(s_case.Manifest("expected"), s_case.Manifest("cancelled"));
    }

    // As a kill leaves them: after the rename, in the journal's write, in a file's write.
    [TestMethod]
    public void WhateverAKillLeavesIsUnderstood()
    {
        Assert.AreEqual(ExitCode.Ok, s_case.Score("killed"), s_case.Line.Messages);
        string journal = s_case.Path("killed/_manifest/shard-1-of-1.journal");
        string[] lines = File.ReadAllLines(journal);
        File.WriteAllText(journal, string.Join('\n', lines[..3]) + "\n" + lines[3][..40]);
        File.Delete(s_case.Path("killed/_manifest/shard-1-of-1.json"));
        File.Delete(s_case.Path("killed/t.parquet"));
        string[] leftovers = ["killed/.t.parquet.0123456789abcdef0123456789abcdef.tmp", "killed/_manifest/.shard-1-of-1.json.123.partial"];
        foreach (string leftover in leftovers)
            File.WriteAllText(s_case.Path(leftover), "half");
        File.WriteAllText(s_case.Path("killed/.notes.tmp"), "somebody's own");
        Dictionary<string, DateTime> times = s_case.Times("killed");
        Assert.AreEqual(ExitCode.SomeFailed, s_case.Line.Run("verify", s_case.Path("killed")));
        StringAssert.Contains(s_case.Line.Messages, "no shard has run to its end");

        Assert.AreEqual(ExitCode.Ok, s_case.Score("killed", "--resume"), s_case.Line.Messages);
        Dictionary<string, DateTime> after = s_case.Times("killed");
        foreach ((string name, DateTime time) in times)
            Assert.AreEqual(time, after[name], name);
        foreach (string leftover in leftovers)
            Assert.IsFalse(File.Exists(s_case.Path(leftover)), leftover);
        File.Delete(s_case.Path("killed/.notes.tmp"));
        s_case.AssertSame(s_expected, "killed");
        Assert.AreEqual(s_case.Manifest("expected"), s_case.Manifest("killed"));
        ILookup<string, FileRecord> records = BatchJournal.ReadAll(new OutputFolder(s_case.Path("killed")));
        Assert.IsTrue(BatchCase.Names.All(name => records[name].Count() == 1));
        Assert.HasCount(3, records.SelectMany(group => group).Where(record => record.Found));
    }

    [TestMethod]
    public void TwoProcessesDoNotWorkOnOneShard()
    {
        using (new ShardLock(new OutputFolder(s_case.Path("locked")), Shard.Whole))
            Assert.AreEqual(ExitCode.Failed, s_case.Score("locked"), s_case.Line.Messages);
        StringAssert.Contains(s_case.Line.ErrorLines.Single(), "another process");
        Assert.AreEqual(ExitCode.Ok, s_case.Score("locked"), s_case.Line.Messages);
    }

    private static void RestoreInputs()
    {
        for (int i = 0; i < BatchCase.Names.Length; i++)
            s_case.WriteSequences(BatchCase.Names[i], 5 + i % 3, i + 1);
    }

    private static string CopyTo(string path, string copy)
    {
        File.Copy(path, copy);
        return copy;
    }
}
