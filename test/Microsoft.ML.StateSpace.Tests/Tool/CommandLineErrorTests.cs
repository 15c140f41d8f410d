using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class CommandLineErrorTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    [DataRow("", "Required command")]
    [DataRow("fly", "fly")]
    [DataRow("generate synthetic99 --output x", "synthetic99")]
    [DataRow("generate synthetic9", "--output")]
    [DataRow("evaluate m.zip d.parquet --particles 0", "--particles")]
    [DataRow("evaluate m.zip d.parquet --particles many", "many")]
    [DataRow("evaluate m.zip d.parquet --format xml", "xml")]
    [DataRow("train c.json --train t --model m --sed 3", "--sed")]
    public void AWrongCommandLineIsOneLineAndExitCode2(string arguments, string named)
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.HasCount(1, _line.ErrorLines);
        Assert.AreEqual(1, _line.Messages.TrimEnd().Split('\n').Length, _line.Messages);
        StringAssert.Contains(_line.ErrorLines[0], named);
        Assert.AreEqual("", _line.Output);
    }

    [TestMethod]
    [DataRow("--help")]
    [DataRow("train --help")]
    [DataRow("--version")]
    public void HelpIsNoError(string arguments)
    {
        Assert.AreEqual(ExitCode.Ok, _line.Run(arguments.Split(' ')));
        Assert.AreNotEqual("", _line.Output);
    }

    [TestMethod]
    public void AnUnknownOptionIsNamedWithTheNearestValidOne()
    {
        string data = _line.WriteSequences("data.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        int code = _line.Run("train", config, "--train", data, "--model", _line.Path("m.zip"), "--set", "generative.latentSiz=3");
        Assert.AreEqual(ExitCode.Usage, code);
        StringAssert.Contains(_line.ErrorLines.Single(), "generative.latentSiz");
        StringAssert.Contains(_line.ErrorLines.Single(), "latentSize");
        Assert.IsFalse(File.Exists(_line.Path("m.zip")));
    }

    [TestMethod]
    public void AnOptionOutOfRangeIsAUsageError()
    {
        string data = _line.WriteSequences("data.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        Assert.AreEqual(ExitCode.Usage, _line.Run("train", config, "--train", data, "--model", _line.Path("m.zip"), "--set", "epochs=0"));
        StringAssert.Contains(_line.ErrorLines.Single(), "Epochs");
        Assert.AreEqual(ExitCode.Usage, _line.Run("train", config, "--train", data, "--model", _line.Path("m.zip"), "--max-time", "soon"));
        StringAssert.Contains(_line.ErrorLines.Single(), "soon");
        Assert.AreEqual(ExitCode.Usage, _line.Run("train", config, "--train", data, "--model", _line.Path("m.zip"), "--device", "tpu"));
        StringAssert.Contains(_line.ErrorLines.Single(), "tpu");
    }

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        string config = _line.Write("config.json", CommandLine.Config);
        string none = _line.Path("none.parquet");
        Assert.AreEqual(ExitCode.BadFile, _line.Run("train", config, "--train", none, "--model", _line.Path("m.zip")));
        StringAssert.Contains(_line.ErrorLines.Single(), none);
        Assert.AreEqual(ExitCode.BadFile, _line.Run("inspect", none));
        StringAssert.Contains(_line.ErrorLines.Single(), none);
        Assert.AreEqual(ExitCode.BadFile, _line.Run("evaluate", _line.Path("none.zip"), none));
        StringAssert.Contains(_line.ErrorLines.Single(), "none.zip");
    }

    [TestMethod]
    public void AFileOfAnotherKindIsNamed()
    {
        string text = _line.Write("text.parquet", "not a Parquet file at all, although it is long enough");
        string config = _line.Write("config.json", CommandLine.Config);
        Assert.AreEqual(ExitCode.BadFile, _line.Run("train", config, "--train", text, "--model", _line.Path("m.zip")));
        StringAssert.Contains(_line.ErrorLines.Single(), text);
        Assert.AreEqual(ExitCode.BadFile, _line.Run("inspect", text));
        Assert.AreEqual(ExitCode.BadFile, _line.Run("evaluate", text, text, "--device", "cpu"));
        StringAssert.Contains(_line.ErrorLines.Single(), text);
    }

    [TestMethod]
    public void AMissingColumnIsNamedWithItsFile()
    {
        string data = _line.WriteSequences("data.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        int code = _line.Run("train", config, "--train", data, "--model", _line.Path("m.zip"), "--set", "observationColumnName=Notes");
        Assert.AreEqual(ExitCode.BadFile, code);
        StringAssert.Contains(_line.ErrorLines.Single(), "Notes");
        StringAssert.Contains(_line.ErrorLines.Single(), data);
    }

    [TestMethod]
    public void ARowThatIsNoSequenceIsNamedWithItsFile()
    {
        string data = _line.WriteSequences("data.parquet");
        string validation = _line.WriteSequences("valid.parquet");
        string config = _line.Write("config.json", CommandLine.Config);
        int code = _line.Run("train", config, "--train", data, "--validation", validation, "--model", _line.Path("m.zip"), "--set", "observationSize=4");
        Assert.AreEqual(ExitCode.BadFile, code);
        StringAssert.Contains(_line.ErrorLines.Single(), data);
        StringAssert.Contains(_line.ErrorLines.Single(), "row 0");
    }

    [TestMethod]
    public void ADamagedModelIsNamed()
    {
        string data = _line.WriteSequences("data.parquet");
        string model = _line.TrainModel(data);
        byte[] bytes = File.ReadAllBytes(model);
        File.WriteAllBytes(model, bytes[..(bytes.Length / 2)]);
        Assert.AreEqual(ExitCode.BadFile, _line.Run("evaluate", model, data, "--device", "cpu"));
        StringAssert.Contains(_line.ErrorLines.Single(), model);
    }

    [TestMethod]
    public void VerboseShowsWhereAnErrorCameFrom()
    {
        Assert.AreEqual(ExitCode.BadFile, _line.Run("inspect", _line.Path("none"), "--verbose"));
        StringAssert.Contains(_line.Messages, nameof(FileNotFoundException));
    }
}
