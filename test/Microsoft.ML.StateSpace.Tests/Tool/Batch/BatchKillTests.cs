using System.Diagnostics;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Batch;

namespace Microsoft.ML.StateSpace.Tests.Tool.Batch;

/// <summary>The command itself, killed at random moments and started again: the same bytes, and nothing scored twice.</summary>
[TestClass]
public sealed class BatchKillTests
{
    private const int Files = 12;

    [TestMethod]
    public void AJobKilledThreeTimesWritesTheSameBytes() => KillAndResume(kills: 3, rows: 20, seed: 1);

    [TestMethod]
    [TestCategory("Long")]
    public void AJobKilledTwentyTimesWritesTheSameBytes() => KillAndResume(kills: 20, rows: 60, seed: 2);

    private static void KillAndResume(int kills, int rows, int seed)
    {
        string[] names = [.. Enumerable.Range(0, Files + kills).Select(i => $"{i % 3}/{i:d2}.parquet")];
        using var job = new BatchCase(names, rows);
        Assert.AreEqual(ExitCode.Ok, job.Score("expected"), job.Line.Messages);
        var random = new Random(seed);
        var written = new Dictionary<string, DateTime>();
        int cut = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            // Some runs are killed before they score, most while they do.
            int more = random.Next(0, 4);
            using Process process = Start(job, random.Next(1, 4));
            WaitFor(() => process.HasExited || job.Times("out").Count >= written.Count + more);
            Thread.Sleep(random.Next(more == 0 ? 800 : 60));
            process.Kill();
            process.WaitForExit();
            cut += process.ExitCode == ExitCode.Ok ? 0 : 1;
            AssertUntouched(job, written);
        }

        Assert.IsGreaterThan(0, cut, "no run was cut short");
        using (Process process = Start(job, workers: 2))
        {
            string messages = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.AreEqual(ExitCode.Ok, process.ExitCode, messages);
        }

        AssertUntouched(job, written);
        job.AssertSame(job.Outputs("expected"), "out");
        Assert.AreEqual(job.Manifest("expected"), job.Manifest("out"));
        ILookup<string, FileRecord> records = BatchJournal.ReadAll(new OutputFolder(job.Path("out")));
        foreach (string name in names)
            Assert.AreEqual(1, records[name].Count(), $"{name} is journalled once");
        Assert.AreEqual(ExitCode.Ok, job.Line.Run("verify", job.Path("out")), job.Line.Messages);
    }

    // What was complete stays as it is; what has become complete is added.
    private static void AssertUntouched(BatchCase job, Dictionary<string, DateTime> written)
    {
        foreach ((string name, DateTime time) in job.Times("out"))
        {
            if (!written.TryAdd(name, time))
                Assert.AreEqual(written[name], time, $"{name} was written again");
        }
    }

    private static Process Start(BatchCase job, int workers)
    {
        Directory.CreateDirectory(job.Path("out"));
        return Process.Start(new ProcessStartInfo("dotnet",
            [BatchCase.Program, "score", job.Model, job.Pattern, "--output", job.Path("out"), "--device", "cpu", "--resume", "--workers", $"{workers}"])
        {
            RedirectStandardError = true,
        })!;
    }

    private static void WaitFor(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.IsTrue(clock.Elapsed < TimeSpan.FromMinutes(2), "the job does not come on");
            Thread.Sleep(2);
        }
    }
}
