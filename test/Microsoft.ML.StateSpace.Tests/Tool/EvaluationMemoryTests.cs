using System.Diagnostics;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary>Samples by the thousand in bounded memory, at the sizes of the published chorales model.</summary>
[TestClass]
public sealed class EvaluationMemoryTests : IDisposable
{
    private const int Keys = 88, Steps = 60, Rolls = 11;
    private const long GiB = 1L << 30;

    private readonly CommandLine _line = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _line.Dispose();

    /// <summary>Rolls as long as a chorale is on average, more of them than are evaluated together: 10. A longer one takes more time, and of each further step
    /// no more than the weights and a few sums are kept.</summary>
    [TestMethod]
    [TestCategory("Long")]
    public void TwoThousandSamplesFitInto4GiB()
    {
        string data = _line.Path("rolls.parquet"), model = _line.Path("model.zip");
        var random = new Random(1);
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, Rolls).Select(i => new Roll
        {
            SequenceId = $"{i}",
            Observations = [.. Enumerable.Range(0, Steps * Keys).Select(_ => random.Next(22) == 0 ? 1f : 0f)],
        })), data);
        string config = Path.Combine(Repository.Root, "examples", "configs", "jsb-dmm.json");
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", config, "--train", data, "--model", model, "--device", "cpu", "--set", "epochs=1", "filteringProposal.epochs=1"), _line.Messages);
        long most = PeakOf(typeof(Application).Assembly.Location, "evaluate", model, data, "--particles", "2000", "--device", "cpu");
        TestContext.WriteLine($"{most / (double)GiB:f2} GiB at most");
        Assert.IsTrue(most is > 0 and < 4 * GiB, $"{most:n0} bytes");
    }

    // The largest resident memory of a process, which is known only while it runs.
    private static long PeakOf(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        long most = 0;
        while (!process.WaitForExit(100))
        {
            process.Refresh();
            most = Math.Max(most, process.PeakWorkingSet64);
        }
        Assert.AreEqual(0, process.ExitCode, errors.Result);
        StringAssert.Contains(output.Result, "2000 particles");
        return most;
    }

    private sealed class Roll
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];
    }
}
