using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public class ConfigFileTests
{
    private string _path = "";

    [TestInitialize]
    public void Write()
    {
        _path = Path.GetTempFileName();
        File.WriteAllText(_path, """
            {
              // comments and a trailing comma are allowed
              "Epochs": 3,
              "Generative": { "Transition": { "HiddenSize": 20 } },
              "Sizes": [1, 2],
            }
            """);
    }

    [TestCleanup]
    public void Delete() => File.Delete(_path);

    [TestMethod]
    [DataRow("Epochs=7", "{\"Epochs\":7}")]
    [DataRow("epochs=8", "{\"Epochs\":8}")]
    [DataRow("Generative.Transition.HiddenSize=50", "{\"Generative\":{\"Transition\":{\"HiddenSize\":50}}}")]
    [DataRow("Generative.Emission.Kind=Bernoulli", "{\"Generative\":{\"Emission\":{\"Kind\":\"Bernoulli\"}}}")]
    [DataRow("Sizes.1=9", "{\"Sizes\":[1,9]}")]
    [DataRow("Inference={\"Kind\":\"Structured\"}", "{\"Inference\":{\"Kind\":\"Structured\"}}")]
    [DataRow("Note=a=b", "{\"Note\":\"a=b\"}")]
    [DataRow("Limit=null", "{\"Limit\":null}")]
    public void AReplacementGoesToItsPath(string replacement, string expected)
    {
        JsonObject root = ConfigFile.Read(_path, [replacement]);
        foreach ((string name, JsonNode? value) in JsonNode.Parse(expected)!.AsObject())
        {
            JsonNode? actual = value is JsonObject { Count: 1 } part && part.First() is { Key: var key } ? root[name]![key] : root[name];
            JsonNode? wanted = value is JsonObject { Count: 1 } whole ? whole.First().Value : value;
            Assert.IsTrue(JsonNode.DeepEquals(wanted, actual), $"{actual}");
        }
    }

    [TestMethod]
    public void LaterReplacementsWin() =>
        Assert.AreEqual(2, (int)ConfigFile.Read(_path, ["Epochs=1", "Epochs=2"])["Epochs"]!);

    [TestMethod]
    [DataRow("Epochs")]
    [DataRow("=3")]
    [DataRow("Sizes.2=1")]
    [DataRow("Sizes.x=1")]
    [DataRow("Epochs.Deeper=1")]
    public void AReplacementThatDoesNotFitIsAUsageError(string replacement) =>
        StringAssert.Contains(
            Assert.ThrowsExactly<UsageException>(() => ConfigFile.Read(_path, [replacement])).Message, replacement);

    [TestMethod]
    [DataRow("[1]")]
    [DataRow("{ \"Epochs\": ")]
    public void AFileThatIsNoJsonObjectIsAUsageErrorThatNamesIt(string text)
    {
        File.WriteAllText(_path, text);
        StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => ConfigFile.Read(_path, [])).Message, _path);
    }

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        FileNotFoundException error = Assert.ThrowsExactly<FileNotFoundException>(() => ConfigFile.Read(_path + ".none", []));
        StringAssert.Contains(error.Message, _path + ".none");
    }
}
