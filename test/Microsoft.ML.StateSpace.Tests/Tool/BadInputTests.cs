using System.IO.Compression;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary>Files and options that cannot be used: one line that names the place, the right exit code, and nothing left behind.</summary>
[TestClass]
public sealed class BadInputTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    private sealed class MaskedRow
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Mask { get; set; } = [];
    }

    [TestMethod]
    [DataRow("indivisible", "'Observations'", "7 numbers")]
    [DataRow("mask too short", "'Mask'", "3 values")]
    [DataRow("mask empty", "'Mask'", "0 values")]
    [DataRow("mask of twos", "'Mask'", "value 1 of the mask")]
    [DataRow("empty", "'Observations'", "empty")]
    [DataRow("all masked", "'Observations'", "no value")]
    [DataRow("all NaN", "'Observations'", "no value")]
    [DataRow("infinite", "'Observations'", "step 1, dimension 1")]
    [DataRow("above one", "'Observations'", "outside [0, 1]")]
    public void ARowThatIsNoSequenceIsNamedByFileRowColumnAndFault(string damage, string column, string fault)
    {
        string good = WriteRows("good.parquet", "none");
        string bad = WriteRows("bad.parquet", damage);
        string config = _line.Write("masked.json", """
            { "observationSize": 2, "maskColumnName": "Mask", "sequenceIdColumnName": "SequenceId",
              "generative": { "type": "DeepMarkov", "latentSize": 1, "transition": { "type": "Linear" }, "emission": { "type": "Bernoulli", "hiddenLayers": 0 } },
              "inference": { "type": "Structured", "hiddenSize": 4 }, "epochs": 1, "filteringProposal": { "epochs": 1 } }
            """);
        // The file at fault is found whichever of the two it is.
        string[][] pairs = [[bad, good], [good, bad]];
        foreach (string[] pair in pairs)
        {
            int code = _line.Run("train", config, "--train", pair[0], "--validation", pair[1], "--model", _line.Path("out/m.zip"), "--device", "cpu");
            Assert.AreEqual(ExitCode.BadFile, code, _line.Messages);
            foreach (string part in new[] { bad, "row 2", "'two'", column, fault })
                StringAssert.Contains(_line.Messages, part);
            AssertOneLineAndNothingElse();
            Assert.HasCount(0, Directory.GetFiles(_line.Path("out")));
        }
    }

    [TestMethod]
    public void AFileWithoutEnoughRowsIsNamed()
    {
        string data = _line.WriteSequences("data.parquet");
        string none = _line.Path("none.parquet");
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Array.Empty<MaskedRow>()), none);
        string one = _line.WriteSequences("one.parquet", sequences: 1);
        string config = _line.Write("config.json", CommandLine.Config);
        string model = _line.Path("m.zip");
        foreach ((string train, string[] validation, string named) in new[]
            { (none, new[] { "--validation", data }, none), (data, ["--validation", none], none), (one, [], one) })
        {
            Assert.AreEqual(ExitCode.BadFile, _line.Run(["train", config, "--train", train, "--model", model, .. validation]), _line.Messages);
            StringAssert.Contains(_line.ErrorLines.Single(), named);
            AssertOneLineAndNothingElse();
        }

        Assert.AreEqual(ExitCode.BadFile, _line.Run("evaluate", _line.TrainModel(data), none, "--device", "cpu"));
        StringAssert.Contains(_line.ErrorLines.Single(), none);
    }

    [TestMethod]
    [DataRow("learningRate=1e30")]
    [DataRow("learningRate=1e30 batchSize=100 epochs=1 inference.direction=Forward")]
    public void ANonFiniteBoundNamesEpochBatchAndSequenceAndLeavesNoModel(string settings)
    {
        string data = _line.WriteSequences("data.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        int code = _line.Run(["train", config, "--train", data, "--model", _line.Path("out/m.zip"), "--device", "cpu",
            "--set", "sequenceIdColumnName=SequenceId", .. settings.Split(' ').SelectMany(s => new[] { "--set", s })]);
        Assert.AreEqual(ExitCode.Failed, code, _line.Messages);
        foreach (string part in new[] { "not finite", "epoch 1", "batch ", "sequence 'test-" })
            StringAssert.Contains(_line.ErrorLines.Single(), part);
        Assert.HasCount(0, Directory.GetFiles(_line.Path("out")));
    }

    // Finite, but their squares overflow Single.
    [TestMethod]
    [DataRow("score", "FilteredMean")]
    [DataRow("score --columns Forecast", "Forecast")]
    [DataRow("forecast --horizon 1", "ForecastMean")]
    public void ScoresThatAreNotFiniteNameFileRowAndColumnAndLeaveNoFile(string verb, string column)
    {
        string model = _line.TrainModel(_line.WriteSequences("data.parquet"));
        string large = _line.Path("large.parquet");
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(new[] { 1f, 1f, 3e38f, 1f }.Select((value, i) =>
            new MaskedRow { SequenceId = $"s{i}", Observations = [value, -value, value] })), large);
        Directory.CreateDirectory(_line.Path("out"));
        Assert.AreEqual(ExitCode.Failed, _line.Run([verb.Split(' ')[0], model, large, .. verb.Split(' ')[1..], "--output", _line.Path("out/s.parquet"), "--device", "cpu"]), _line.Messages);
        foreach (string part in new[] { large, "row 2", $"'{column}'", "not finite" })
            StringAssert.Contains(_line.ErrorLines.Single(), part);
        Assert.HasCount(0, Directory.GetFiles(_line.Path("out")));
    }

    [TestMethod]
    [DataRow("""{ "observationSize": 1, "epochs": 1, "epochs": 2 }""", "epochs")]
    [DataRow("""{ "observationSize": 1, "generative": null }""", "generative")]
    [DataRow("""{ "observationSize": 1, "inference": { "type": "Structured", "cell": "Lstn" } }""", "'Lstm'")]
    [DataRow("""{ "observationSize": 1, "inference": { "type": "Structred" } }""", "'Structured'")]
    [DataRow("""{ "observationSize": 1, "learningRate": 1e300 }""", "LearningRate")]
    public void AConfigurationThatIsWrongIsNamed(string text, string named)
    {
        string config = _line.Write("wrong.json", text);
        string data = _line.WriteSequences("data.parquet");
        Assert.AreEqual(ExitCode.Usage, _line.Run("train", config, "--train", data, "--model", _line.Path("m.zip")), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), config);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
        AssertOneLineAndNothingElse();
    }

    [TestMethod]
    public void AModelOfANewerVersionIsSaidToBeOne()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        RaiseVersion(model);
        foreach (string[] verb in new string[][] { ["inspect", model], ["evaluate", model, data], ["score", model, data, "--output", _line.Path("out.parquet")] })
        {
            Assert.AreEqual(ExitCode.BadFile, _line.Run(verb), _line.Messages);
            StringAssert.Contains(_line.ErrorLines.Single(), model);
            StringAssert.Contains(_line.ErrorLines.Single(), "newer version");
            AssertOneLineAndNothingElse();
        }
        Assert.IsFalse(File.Exists(_line.Path("out.parquet")));
    }

    [TestMethod]
    public void AGpuThatIsNotThereIsSaidSo()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        string config = _line.Write("config.json", CommandLine.Config);
        foreach (string[] verb in new string[][] { ["train", config, "--train", data, "--model", _line.Path("m.zip")], ["evaluate", model, data], ["score", model, data, "--output", _line.Path("out.parquet")] })
        {
            Assert.AreEqual(ExitCode.Failed, _line.Run([.. verb, "--device", "cuda:999"]), _line.Messages);
            StringAssert.Contains(_line.ErrorLines.Single(), "GPU 999");
            AssertOneLineAndNothingElse();
        }
        Assert.IsFalse(File.Exists(_line.Path("m.zip")));
    }

    [TestMethod]
    public void AnOutputThatIsADirectoryIsFoundOutAtOnce()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        Directory.CreateDirectory(_line.Path("folder"));
        Assert.AreEqual(ExitCode.Failed, _line.Run("score", model, data, "--output", _line.Path("folder"), "--device", "cpu"));
        StringAssert.Contains(_line.ErrorLines.Single(), "is a directory");
    }

    private void AssertOneLineAndNothingElse()
    {
        Assert.AreEqual(1, _line.Messages.TrimEnd().Split('\n').Length, _line.Messages);
        Assert.HasCount(1, _line.ErrorLines);
        Assert.AreEqual("", _line.Output);
    }

    private string WriteRows(string name, string damage)
    {
        MaskedRow[] rows = [.. new[] { "zero", "one", "two", "three" }.Select(id => new MaskedRow
        {
            SequenceId = id, Observations = [0, 1, 0.5f, 1, 0, 0, 1, 1], Mask = [1, 1, 0, 1],
        })];
        MaskedRow row = rows[2];
        switch (damage)
        {
            case "indivisible": row.Observations = row.Observations[..7]; break;
            case "mask too short": row.Mask = row.Mask[..3]; break;
            case "mask empty": row.Mask = []; break;
            case "mask of twos": row.Mask[1] = 2; break;
            case "empty": (row.Observations, row.Mask) = ([], []); break;
            case "all masked": Array.Clear(row.Mask); break;
            case "all NaN": Array.Fill(row.Observations, float.NaN); break;
            case "infinite": row.Observations[3] = float.NegativeInfinity; break;
            case "above one": row.Observations[3] = 1.5f; break;
        }
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(rows), _line.Path(name));
        return _line.Path(name);
    }

    // The component's header: its signature, the version written, the oldest version that can read it.
    private static void RaiseVersion(string model)
    {
        using ZipArchive zip = ZipFile.Open(model, ZipArchiveMode.Update);
        foreach (ZipArchiveEntry entry in zip.Entries.Where(e => e.FullName.EndsWith("Model.key", StringComparison.Ordinal)))
        {
            using Stream stream = entry.Open();
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            int signature = bytes.AsSpan().IndexOf("DMM\0SSM\0"u8);
            if (signature < 0)
                continue;
            bytes[signature + 8]++;
            bytes[signature + 12]++;
            stream.Position = 0;
            stream.Write(bytes);
            return;
        }
        Assert.Fail("There is no such component in the model.");
    }
}
