using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data.Midi;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class SampleVerbTests : IDisposable
{
    private const string PianoConfig = """
        {
          "observationSize": 88,
          "generative": { "type": "DeepMarkov", "latentSize": 2, "transition": { "type": "Linear" }, "emission": { "type": "Bernoulli", "hiddenSize": 4 } },
          "inference": { "type": "Structured", "hiddenSize": 4 },
          "epochs": 1, "batchSize": 8, "particles": 16
        }
        """;

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void PrefixesAreContinuedAndTheSameCommandWritesTheSameBytes()
    {
        string data = _line.WriteSequences("data.parquet"), model = _line.TrainModel(data), output = _line.Path("out/samples.parquet");
        string[] command = ["sample", model, "--output", output, "--prefix", data, "--prefixes", "4", "--samples", "4", "--prefix-length", "3", "--length", "8", "--device", "cpu"];
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        StringAssert.Contains(_line.Messages, "16 sequences of 8 steps");
        var rows = Read(output);
        Assert.HasCount(16, rows);
        CollectionAssert.AreEqual(new[] { "test-00000", "test-00001", "test-00002", "test-00003" }, rows.Select(r => r.PrefixId).Distinct().ToArray());
        float[][] given = [.. new MLContext().StateSpace.Data.LoadFromParquet(data).GetColumn<float[]>("Observations")];
        for (int i = 0; i < 16; i++)
        {
            Assert.HasCount(8, rows[i].Observations);
            CollectionAssert.AreEqual(given[i / 4][..3], rows[i].Observations[..3]);
        }

        byte[] first = File.ReadAllBytes(output);
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(output));
        Assert.AreEqual(ExitCode.Ok, _line.Run([.. command, "--seed", "77"]), _line.Messages);
        CollectionAssert.AreNotEqual(first, File.ReadAllBytes(output));
        Assert.HasCount(1, Directory.GetFileSystemEntries(_line.Path("out")));
    }

    [TestMethod]
    public void PianoRollsAreWrittenAsMidiFilesToo()
    {
        string data = _line.Path("piano.parquet"), model = _line.Path("piano.zip"), output = _line.Path("samples.parquet"), folder = _line.Path("midi");
        var random = new Random(3);
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, 6).Select(_ => new Roll
        {
            Observations = [.. Enumerable.Range(0, 5 * 88).Select(_ => random.Next(8) == 0 ? 1f : 0f)],
        })), data);
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", _line.Write("piano.json", PianoConfig), "--train", data, "--model", model, "--device", "cpu"), _line.Messages);
        foreach (string mode in new[] { "ancestral", "mean" })
        {
            Assert.AreEqual(ExitCode.Ok, _line.Run("sample", model, "--output", output, "--count", "3", "--length", "7", "--mode", mode, "--midi", folder, "--tempo", "90", "--device", "cpu"), _line.Messages);
            string[] files = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)];
            Assert.HasCount(3, files);
            foreach (var (file, row) in files.Zip(Read(output)))
            {
                float[] sounding = [.. row.Observations.Select(x => x >= 0.5f ? 1f : 0f)];
                if (sounding.Contains(1))
                    CollectionAssert.AreEqual(sounding, MidiFile.Read(file, File.ReadAllBytes(file)));
                Assert.AreEqual(mode == "ancestral", row.Observations.All(x => x is 0 or 1), "a mean is a probability");
            }
        }

        Assert.AreEqual(ExitCode.Ok, _line.Run("sample", model, "--output", output, "--prefix", data, "--prefix-length", "2", "--length", "4", "--device", "cpu"), _line.Messages);
        CollectionAssert.AreEqual(new[] { "0", "1", "2", "3", "4", "5" }, Read(output).Select(r => r.PrefixId).ToArray(), "rows without an id go by their numbers");
    }

    [TestMethod]
    [DataRow("--count 0 --length 5", "--count must be at least 1")]
    [DataRow("--count 2", "--length")]
    [DataRow("--samples 2 --length 5", "--samples goes with --prefix")]
    [DataRow("--prefix-length 2 --length 5", "--prefix-length goes with --prefix")]
    [DataRow("--prefix d.parquet --count 2 --prefix-length 2 --length 5", "--count goes with no --prefix")]
    [DataRow("--prefix d.parquet --length 5", "--prefix-length")]
    [DataRow("--prefix d.parquet --prefix-length 5 --length 5", "Length is 5")]
    [DataRow("--length 5 --tempo 90", "--tempo goes with --midi")]
    [DataRow("--length 5 --midi m --tempo 1", "QuartersPerMinute is 1")]
    [DataRow("--length 5 --mode dreaming", "dreaming")]
    public void ABadRequestIsRefusedBeforeAnyFileIsRead(string arguments, string named)
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run(["sample", "no.zip", "--output", _line.Path("o.parquet"), .. arguments.Split(' ')]), _line.Messages);
        Assert.HasCount(1, _line.ErrorLines);
        StringAssert.Contains(_line.ErrorLines[0], named);
    }

    [TestMethod]
    public void WhatDoesNotFitTheModelIsRefusedByNameAndLeavesNothingBehind()
    {
        string data = _line.WriteSequences("data.parquet"), model = _line.TrainModel(data), output = _line.Path("out/samples.parquet");
        foreach ((string arguments, int code, string named) in new[]
        {
            ($"--length 20 --midi {_line.Path("out/midi")}", ExitCode.Usage, "--midi is for piano-rolls, 88 numbers"),
            ($"--length 20 --controls {data}", ExitCode.Usage, "the model reads none"),
            ($"--length 20 --prefix {data} --prefix-length 7", ExitCode.BadFile, $"'{data}': row 0 ('test-00000'), column 'Observations': the prefix has 7 steps, but the sequence only 6"),
            ($"--length 20 --prefix {data} --prefix-length 3 --prefixes 13", ExitCode.Usage, "Prefixes is 13, but the data has 12 rows"),
            ($"--length 20 --prefix {_line.Path("none.parquet")} --prefix-length 7", ExitCode.BadFile, "none.parquet"),
        })
        {
            Assert.AreEqual(code, _line.Run(["sample", model, "--output", output, .. arguments.Split(' '), "--device", "cpu"]), _line.Messages);
            StringAssert.Contains(_line.ErrorLines.Single(), named);
        }

        Assert.AreEqual(ExitCode.Cancelled, _line.Run(new CancellationToken(canceled: true), "sample", model, "--output", output, "--length", "5", "--device", "cpu"), _line.Messages);
        Assert.HasCount(0, Directory.GetFileSystemEntries(_line.Path("out")));
    }

    [TestMethod]
    public void APrefixThatOverflowsNamesFileRowAndColumnAndLeavesNoFile()
    {
        string model = _line.TrainModel(_line.WriteSequences("data.parquet")), large = _line.Path("large.parquet"), output = _line.Path("out/s.parquet");
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(new[] { 1f, 1f, 3e38f, 1f }.Select(value => new Roll { Observations = [value, -value, value] })), large);
        Assert.AreEqual(ExitCode.Failed, _line.Run("sample", model, "--prefix", large, "--prefix-length", "2", "--length", "4", "--output", output, "--device", "cpu"), _line.Messages);
        foreach (string part in new[] { large, "row 2", "'Observations'", "not finite" })
            StringAssert.Contains(_line.ErrorLines.Single(), part);
        Assert.HasCount(0, Directory.GetFileSystemEntries(_line.Path("out")));
        // The rows before it are sound.
        Assert.AreEqual(ExitCode.Ok, _line.Run("sample", model, "--prefix", large, "--prefixes", "2", "--prefix-length", "2", "--length", "4", "--output", output, "--device", "cpu"), _line.Messages);
    }

    private static List<SampledSequence> Read(string path) =>
        [.. new MLContext().Data.CreateEnumerable<SampledSequence>(new MLContext().StateSpace.Data.LoadFromParquet(path), reuseRowObject: false)];

    private sealed class Roll
    {
        public float[] Observations { get; set; } = [];
    }
}
