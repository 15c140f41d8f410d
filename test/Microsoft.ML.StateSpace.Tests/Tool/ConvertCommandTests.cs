using System.IO.Compression;
using Microsoft.ML.StateSpace.Tests.Data;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class ConvertCommandTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void APickleIsRecognisedWhateverItsName()
    {
        foreach (string name in new[] { "rolls.pickle", "rolls", "rolls.txt" })
        {
            string source = Write(name, "}(U\x05train(((K<K@t(K<tllU\x04test(((K\x15tllu."u8);
            Assert.AreEqual(ExitCode.Ok, Run(source, "--split", "train"), _line.Messages);
            Assert.AreEqual($"{(name == "rolls.txt" ? "rolls.txt" : "rolls")}.train-0001", Ids().Single());
            Assert.AreEqual("0:39 0:43 1:39", Sounding());
        }
    }

    [TestMethod]
    public void AFileOfSeveralSplitsAsksForOne()
    {
        string source = Write("rolls.pkl", "}(U\x05train(((K<tllU\x04test(((K\x15tllu."u8);
        Assert.AreEqual(ExitCode.Usage, Run(source), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), "train, test");
        Assert.AreEqual(ExitCode.BadFile, Run(source, "--split", "valid"));
        StringAssert.Contains(_line.ErrorLines.Single(), source);
        Assert.AreEqual(ExitCode.Usage, Run(source, "--split", "dev"));
        Assert.IsFalse(File.Exists(_line.Path("out.parquet")));
        Assert.AreEqual(ExitCode.Ok, Run(source, "--split", "test", "--lowest-pitch", "20", "--keys", "3"), _line.Messages);
        Assert.AreEqual("0:1", Sounding(keys: 3));
    }

    [TestMethod]
    public void APickleThatAsksForCodeIsRefused()
    {
        string source = Write("rolls.pickle", "cos\nsystem\n(S'touch x'\ntR."u8);
        Assert.AreEqual(ExitCode.BadFile, Run(source));
        StringAssert.Contains(_line.ErrorLines.Single(), "GLOBAL");
        StringAssert.Contains(_line.ErrorLines.Single(), source);
        Assert.IsFalse(File.Exists(_line.Path("out.parquet")));
    }

    [TestMethod]
    public void MidiFilesOfAFolderAreSequences()
    {
        Directory.CreateDirectory(_line.Path("songs/more"));
        byte[] song = [.. "MThd\0\0\0\x06\0\0\0\x01\0\x04MTrk\0\0\0\x0c"u8, 0, 0x90, 60, 64, 4, 60, 0, 0, 0xFF, 0x2F, 0, 0];
        Write("songs/one.mid", song);
        Write("songs/more/two.midi", song);
        Assert.AreEqual(ExitCode.Ok, Run(_line.Path("songs"), "--steps-per-quarter", "2"), _line.Messages);
        CollectionAssert.AreEqual(new[] { "more/two", "one" }, Ids());
        Assert.AreEqual("0:39 1:39", Sounding());
        Assert.AreEqual(ExitCode.Ok, Run(_line.Path("songs/one.mid")), _line.Messages);
        Assert.AreEqual("0:39 1:39 2:39 3:39", Sounding());
    }

    [TestMethod]
    public void AudioIsStandardisedWithTheTrainingPart()
    {
        string train = Zip("train.zip", ("a.wav", [0, 0x40, 0, 0xC0, 0, 0x40]), ("b.wav", [0, 0xC0]));
        string test = Zip("test.zip", ("c.wav", [0, 0x20, 0, 0x20]));
        Assert.AreEqual(ExitCode.Ok, Run(train, "--frame", "2"), _line.Messages);
        CollectionAssert.AreEqual(new[] { "a", "b" }, Ids());
        CollectionAssert.AreEqual(new[] { 1, -1, 1, float.NaN }, Lists()[0]);
        File.Move(_line.Path("out.parquet"), _line.Path("train.parquet"));
        Assert.AreEqual(ExitCode.Ok, Run(test, "--frame", "2", "--statistics-from", _line.Path("train.parquet"), "--partial-frame", "drop"), _line.Messages);
        CollectionAssert.AreEqual(new[] { 0.5f, 0.5f }, Lists()[0]);
    }

    [TestMethod]
    [DataRow("", ExitCode.Usage, "--frame")]
    [DataRow("--frame 0", ExitCode.Usage, "--frame")]
    [DataRow("--frame 2000000", ExitCode.Usage, "--frame")]
    [DataRow("--frame 2 --keys 3", ExitCode.Usage, "--keys does not apply to audio")]
    [DataRow("--frame 2 --split train", ExitCode.Usage, "--split does not apply to audio")]
    [DataRow("--frame 2 --partial-frame pad", ExitCode.Usage, "pad")]
    [DataRow("--frame 2 --statistics-from none.parquet", ExitCode.BadFile, "none.parquet")]
    public void OptionsThatDoNotFitAreNamed(string options, int code, string named)
    {
        string source = Write("a.wav", AudioTests.Wave([1, 0, 2, 0]));
        Assert.AreEqual(code, Run([source, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
        Assert.IsFalse(File.Exists(_line.Path("out.parquet")));
    }

    [TestMethod]
    public void AFolderOrZipOfNothingOrOfBothIsRefused()
    {
        Directory.CreateDirectory(_line.Path("folder"));
        Assert.AreEqual(ExitCode.BadFile, Run(_line.Path("folder")));
        Write("folder/a.wav", AudioTests.Wave([1, 0]));
        Write("folder/b.mid", "MThd"u8);
        Assert.AreEqual(ExitCode.BadFile, Run(_line.Path("folder")));
        StringAssert.Contains(_line.ErrorLines.Single(), "of its own");
        Assert.AreEqual(ExitCode.BadFile, Run(Write("bad.zip", "PK\x03\x04 and no zip"u8)));
        StringAssert.Contains(_line.ErrorLines.Single(), "bad.zip");
        Assert.AreEqual(ExitCode.BadFile, Run(_line.Path("none")));
        Assert.AreEqual(ExitCode.BadFile, Run(Write("bad.wav", "RIFF\x10\0\0\0WAVEfmt "u8), "--frame", "2"));
        StringAssert.Contains(_line.ErrorLines.Single(), "bad.wav");
    }

    [TestMethod]
    public void TextRollsAreStillRead()
    {
        Assert.AreEqual(ExitCode.Ok, Run(_line.Write("jsb.train.txt", "39,43;39\n"), "--keys", "88"), _line.Messages);
        Assert.AreEqual("jsb.train-0001", Ids().Single());
        Assert.AreEqual("0:39 0:43 1:39", Sounding());
        Assert.AreEqual(ExitCode.Usage, Run(_line.Path("jsb.train.txt"), "--frame", "3"));
    }

    private int Run(params string[] arguments) => _line.Run(["convert", .. arguments, "--output", _line.Path("out.parquet")]);

    private string[] Ids() => ParquetFolder.Texts(ParquetFolder.Load(_line.Path("out.parquet")), "SequenceId");

    private float[][] Lists() => ParquetFolder.Lists<float>(ParquetFolder.Load(_line.Path("out.parquet")), "Observations");

    /// <summary>The first sequence's sounding keys as step:key.</summary>
    private string Sounding(int keys = 88)
    {
        float[] roll = Lists()[0];
        return string.Join(' ', Enumerable.Range(0, roll.Length).Where(i => roll[i] == 1).Select(i => $"{i / keys}:{i % keys}"));
    }

    private string Write(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(_line.Path(name), bytes);
        return _line.Path(name);
    }

    private string Zip(string name, params (string Name, byte[] Samples)[] entries)
    {
        using ZipArchive zip = ZipFile.Open(_line.Path(name), ZipArchiveMode.Create);
        foreach ((string entry, byte[] samples) in entries)
        {
            using Stream stream = zip.CreateEntry(entry).Open();
            stream.Write(AudioTests.Wave(samples));
        }

        return _line.Path(name);
    }
}
