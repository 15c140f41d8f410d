using Microsoft.ML.Data;
using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary><c>statespace train --checkpoint … --resume</c>, also when the process is killed.</summary>
[TestClass]
public sealed class TrainResumeTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void ResumeGoesOnFromACheckpointOrBegins()
    {
        string data = _line.WriteSequences("data.parquet"), checkpoints = _line.Path("checkpoints/");
        string[] train = ["train", _line.Write("config.json", CommandLine.Config), "--train", data, "--model", _line.Path("model.zip"), "--device", "cpu"];
        Assert.AreEqual(ExitCode.Ok, _line.Run([.. train, "--checkpoint", checkpoints, "--resume"]), _line.Messages);
        string file = _line.Path("checkpoints/training.checkpoint");
        Assert.IsTrue(File.Exists(file));
        Assert.DoesNotContain("going on from", _line.Messages);

        Assert.AreEqual(ExitCode.Ok, _line.Run([.. train, "--checkpoint", checkpoints, "--resume"]), _line.Messages);
        StringAssert.Contains(_line.Messages, $"going on from '{file}'");

        Assert.AreEqual(ExitCode.Usage, _line.Run([.. train, "--checkpoint", file]));
        StringAssert.Contains(_line.ErrorLines.Single(), "holds the checkpoint of an earlier training; add --resume");
        Assert.AreEqual(ExitCode.BadFile, _line.Run([.. train, "--checkpoint", file, "--resume", "--set", "batchSize=5"]));
        StringAssert.Contains(_line.ErrorLines.Single(), "belongs to another training: option 'batchSize' is 5 and was 8");
        File.WriteAllText(file, "x");
        Assert.AreEqual(ExitCode.BadFile, _line.Run([.. train, "--checkpoint", file, "--resume"]));
        StringAssert.Contains(_line.ErrorLines.Single(), "is no checkpoint, or a damaged one");
        Assert.AreEqual(ExitCode.Usage, _line.Run([.. train, "--resume"]));
        StringAssert.Contains(_line.ErrorLines.Single(), "--resume needs --checkpoint");
    }

    [TestMethod]
    public void ACancelledTrainingIsGoneOnWith()
    {
        string data = _line.WriteSequences("data.parquet");
        string[] train = ["train", _line.Write("config.json", CommandLine.Config), "--train", data, "--device", "cpu", "--model"];
        Assert.AreEqual(ExitCode.Ok, _line.Run([.. train, _line.Path("whole.zip")]), _line.Messages);
        string[] kept = [.. train, _line.Path("model.zip"), "--checkpoint", _line.Path("checkpoint"), "--resume"];
        Assert.AreEqual(ExitCode.Cancelled, _line.Run(new CancellationToken(canceled: true), kept), _line.Messages);
        StringAssert.Contains(_line.Messages, "Add --resume to go on.");
        Assert.AreEqual(ExitCode.Ok, _line.Run(kept), _line.Messages);
        CollectionAssert.AreEqual(Weights("whole.zip"), Weights("model.zip"));
    }

    [TestMethod]
    public void EventFilesAreForTensorBoard()
    {
        string data = _line.WriteSequences("data.parquet"), events = _line.Path("events"), checkpoint = _line.Path("checkpoint");
        string[] train = ["train", _line.Write("config.json", CommandLine.Config), "--train", data, "--model", _line.Path("model.zip"), "--device", "cpu", "--tensorboard"];
        string[] kept = [.. train, events, "--checkpoint", checkpoint, "--resume"];
        Assert.AreEqual(ExitCode.Cancelled, _line.Run(new CancellationToken(canceled: true), kept), _line.Messages);
        Assert.AreEqual(ExitCode.Ok, _line.Run(kept), _line.Messages);
        string[] files = [.. Directory.GetFiles(Path.Combine(events, "model")).Order(StringComparer.Ordinal)];
        Assert.HasCount(2, files, "one of each run");
        var epochs = StateSpace.Tests.Training.TensorBoardTests.Read(files[1]).Where(e => e.Scalars.Count > 0).ToList();
        var history = JsonNode.Parse(Entry("model.zip", "history.json"))!["epochs"]!.AsArray().Where(e => e!["stage"]!.ToString() == "Model").ToList();
        Assert.HasCount(history.Count, epochs);
        foreach (var (point, epoch) in epochs.Zip(history))
        {
            Assert.AreEqual(epoch!["updates"]!.GetValue<long>(), point.Step);
            Assert.AreEqual((float)epoch["validationBound"]!.GetValue<double>(), point.Scalars["bound/validation"]);
            Assert.AreEqual((float)epoch["trainKl"]!.GetValue<double>(), point.Scalars["terms/kl"]);
        }
        Assert.AreEqual(ExitCode.Failed, _line.Run([.. train, data]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "cannot write");
    }

    [TestMethod]
    [DataRow("5m", null, 300)]
    [DataRow("1epoch", 1, 0)]
    [DataRow("12 epochs, 1h30m", 12, 5400)]
    public void IntervalsAreRead(string text, int? epochs, int seconds) =>
        Assert.AreEqual(new CheckpointInterval(epochs, seconds == 0 ? null : TimeSpan.FromSeconds(seconds)), CheckpointPlace.Interval(text));

    [TestMethod]
    [DataRow("0epochs")]
    [DataRow("often")]
    [DataRow("")]
    public void OtherIntervalsAreRefused(string text) => Assert.ThrowsExactly<UsageException>(() => CheckpointPlace.Interval(text));

    [TestMethod]
    public void KilledThreeTimesItEndsAsIfNeverKilled() => KilledItEndsAsIfNeverKilled(3, seed: 7);

    [TestMethod]
    [TestCategory("Long")]
    public void KilledTwentyTimesItEndsAsIfNeverKilled() => KilledItEndsAsIfNeverKilled(20, seed: 11);

    private void KilledItEndsAsIfNeverKilled(int kills, int seed)
    {
        string data = _line.WriteSequences("data.parquet", 24);
        string config = _line.Write("config.json", CommandLine.Config);
        string[] train = ["train", config, "--train", data, "--device", "cpu", "--set", $"epochs={4 * kills}", "--set", $"filteringProposal.epochs={kills}",
            "--set", "patience=0", "--model"];
        Assert.AreEqual(ExitCode.Ok, _line.Run([.. train, _line.Path("whole.zip")]), _line.Messages);
        string checkpoint = _line.Path("checkpoint");
        string[] kept = [.. train, _line.Path("model.zip"), "--checkpoint", checkpoint, "--checkpoint-every", "1epoch,0.01s", "--resume"];
        var random = new Random(seed);
        int killed = 0;
        for (bool ended = false; !ended;)
        {
            using var process = Start(kept);
            // Some checkpoints further on, and a moment later: within an update, a validation, or the writing of the next one.
            ended = killed == kills ? process.WaitForExit(TimeSpan.FromMinutes(5))
                : EndsBefore(process, checkpoint, checkpoints: random.Next(1, 5), TimeSpan.FromMilliseconds(random.Next(40)));
            if (!ended)
            {
                process.Kill();
                killed++;
            }
            process.WaitForExit();
        }
        Assert.AreEqual(kills, killed, "the training ended before it was killed as often as wanted");
        CollectionAssert.AreEqual(Weights("whole.zip"), Weights("model.zip"));
        Assert.AreEqual(History("whole.zip"), History("model.zip"));
        foreach (string name in new[] { "whole", "model" })
            Assert.AreEqual(ExitCode.Ok, _line.Run("score", _line.Path($"{name}.zip"), data, "--output", _line.Path($"{name}.parquet"), "--device", "cpu"), _line.Messages);
        // The files name the model that they come of, whose history tells how long it took: the scores themselves are compared.
        foreach (string column in new[] { "SmoothedMean", "FilteredMean", "LogLikelihood", "EffectiveSampleSize", "AnomalyScore", "Forecast" })
            CollectionAssert.AreEqual(Scores("whole.parquet", column), Scores("model.parquet", column), column);
    }

    private int[] Scores(string file, string column) => [.. new MLContext().StateSpace.Data.LoadFromParquet(_line.Path(file))
        .GetColumn<float[]>(column).SelectMany(row => row).Select(BitConverter.SingleToInt32Bits)];

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "statespace.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        // Nobody reads the pipes' ends otherwise, and a full pipe holds its writer up.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static bool EndsBefore(Process process, string checkpoint, int checkpoints, TimeSpan later)
    {
        var latest = File.GetLastWriteTimeUtc(checkpoint);
        while (checkpoints > 0)
        {
            if (process.WaitForExit(1))
                return true;
            var now = File.GetLastWriteTimeUtc(checkpoint);
            checkpoints -= now != latest ? 1 : 0;
            latest = now;
        }
        return process.WaitForExit(later);
    }

    private byte[] Weights(string model) => Entry(model, "weights.safetensors");

    // How long a training took is its own affair.
    private string History(string model)
    {
        var history = JsonNode.Parse(Entry(model, "history.json"))!;
        foreach (var epoch in history["epochs"]!.AsArray())
            epoch!["seconds"] = 0;
        return history.ToJsonString();
    }

    private byte[] Entry(string model, string name)
    {
        using var zip = ZipFile.OpenRead(_line.Path(model));
        using var stream = zip.Entries.Single(e => e.Name == name).Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
