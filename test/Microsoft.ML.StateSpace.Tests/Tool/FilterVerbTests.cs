using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary><c>statespace filter</c>: lines in, lines out, and a state in between.</summary>
[TestClass]
public class FilterVerbTests
{
    private static readonly string[] s_lines =
    [
        """{"series":"a","x":[0.5]}""", """{"series":"b","x":[1.5]}""", """{"series":"a","x":[null]}""", "",
        """{"series":"a","x":[0.25]}""", """{"series":"b","x":[2],"mask":[true]}""", """{"series":"a","x":[0.5]}""",
    ];

    [TestMethod]
    public void EveryLineIsAnsweredAndAStateGoesOn()
    {
        using var line = new CommandLine();
        string model = line.TrainModel(line.WriteSequences("train.parquet"));
        string[] whole = Answers(line, s_lines, model, "--horizon", "2", "--quantiles", "0.25,0.75", "--anomaly-scores");
        Assert.AreEqual(6, whole.Length);
        var first = JsonNode.Parse(whole[0])!;
        Assert.AreEqual("a", (string?)first["series"]);
        Assert.AreEqual(0, (long)first["step"]!);
        Assert.AreEqual(1, first["mean"]!.AsArray().Count);
        Assert.IsTrue((double)first["std"]![0]! > 0 && (double)first["logLikelihood"]! < 0 && (double)first["anomalyScore"]! is > 0 and <= 1);
        Assert.AreEqual(2, first["forecast"]!["mean"]!.AsArray().Count);
        Assert.IsTrue((double)first["forecast"]!["quantiles"]!["0.25"]![1]! < (double)first["forecast"]!["quantiles"]!["0.75"]![1]!);
        var missing = JsonNode.Parse(whole[2])!;
        Assert.AreEqual(1, (long)missing["step"]!);
        Assert.AreEqual(0, (double)missing["logLikelihood"]!);
        Assert.IsNull(missing["anomalyScore"]);

        // In two runs, the second from the first one's state.
        string[] options = ["--horizon", "2", "--quantiles", "0.25,0.75", "--anomaly-scores", "--state", line.Path("filter.state")];
        string[] parts = [.. Answers(line, s_lines[..3], [model, .. options]), .. Answers(line, s_lines[3..], [model, .. options])];
        CollectionAssert.AreEqual(whole, parts);
    }

    [TestMethod]
    public void ABadLineIsNamedAndWhatWasAnsweredIsKept()
    {
        using var line = new CommandLine();
        string model = line.TrainModel(line.WriteSequences("train.parquet"));
        string state = line.Path("filter.state");
        foreach (var (bad, word) in new[]
        {
            ("""{"series":"a","x":[1,2]}""", "line 2: series 'a': step 1: 2 numbers"), ("""{"series":"a","y":[1]}""", "line 2"),
            ("""{"x":[1]}""", "line 2: an observation needs"), ("[1]", "line 2"), ("""{"series":"a","x":[1],"time":3}""", "reads none"),
        })
        {
            File.Delete(state);
            line.Input = string.Join('\n', s_lines[0], bad, s_lines[1]);
            Assert.AreEqual(ExitCode.BadFile, line.Run("filter", model, "--state", state, "--device", "cpu"), bad);
            StringAssert.Contains(line.ErrorLines.Single(), word);
            Assert.AreEqual(1, line.Output.Trim().Split('\n').Length);
            string next = Answers(line, [s_lines[2]], model, "--state", state).Single();
            Assert.AreEqual(1, (long)JsonNode.Parse(next)!["step"]!);
        }
    }

    [TestMethod]
    public void AnotherFiltersStateIsRefused()
    {
        using var line = new CommandLine();
        string model = line.TrainModel(line.WriteSequences("train.parquet"));
        string state = line.Path("filter.state");
        Answers(line, s_lines, model, "--state", state);
        byte[] before = File.ReadAllBytes(state);
        line.Input = s_lines[0];
        Assert.AreEqual(ExitCode.BadFile, line.Run("filter", model, "--state", state, "--particles", "32", "--device", "cpu"));
        StringAssert.Contains(line.ErrorLines.Single(), "16 particles");
        CollectionAssert.AreEqual(before, File.ReadAllBytes(state));
        Assert.AreEqual(ExitCode.Usage, line.Run("filter", model, "--together", "0"));
    }

    [TestMethod]
    public void LinesAnsweredTogetherAreTheSame()
    {
        using var line = new CommandLine();
        string model = line.TrainModel(line.WriteSequences("train.parquet"));
        CollectionAssert.AreEqual(Answers(line, s_lines, model), Answers(line, s_lines, model, "--together", "5"));
    }

    private static string[] Answers(CommandLine line, string[] lines, params string[] arguments)
    {
        line.Input = string.Join('\n', lines);
        Assert.AreEqual(ExitCode.Ok, line.Run(["filter", .. arguments, "--device", "cpu"]), line.Messages);
        return line.Output.Trim().Split('\n');
    }
}
