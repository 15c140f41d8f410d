using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Scoring.Imputing;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class EvaluateImputationVerbTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void ATableForPeopleAndJsonForPrograms()
    {
        string data = _line.WriteSequences("data.parquet"), model = _line.TrainModel(data);
        string[] command = ["evaluate-imputation", model, data, "--hide", "0.25", "--seed", "3", "--device", "cpu"];
        Assert.AreEqual(ExitCode.Ok, _line.Run(command), _line.Messages);
        string table = _line.Output;
        using var loaded = ModelFile.Load(model, "cpu");
        ImputationResult expected = loaded.Context.StateSpace.EvaluateImputation(loaded.Transformer, new DataFile(loaded.Context, data).View, new ImputationOptions { HiddenShare = 0.25, Seed = 3 });
        StringAssert.Contains(table, $"{expected.Hidden} of 72 observed values hidden, 12 sequences");
        foreach (ImputedMethod method in expected.Methods)
            StringAssert.Matches(table, new($"{method.Name}.*{method.Overall.MeanAbsoluteError:f4}.*{method.Overall.ScaledRootMeanSquaredError:f4}"));

        Assert.AreEqual(ExitCode.Ok, _line.Run([.. command, "--format", "json"]), _line.Messages);
        JsonNode result = _line.Json;
        Assert.AreEqual(expected.Hidden, result["hidden"]!.GetValue<long>());
        JsonArray methods = result["methods"]!.AsArray();
        Assert.AreEqual("model, last value, mean", string.Join(", ", methods.Select(m => m!["name"])));
        Assert.AreEqual(expected["last value"].Overall.RootMeanSquaredError, methods[1]!["overall"]!["rootMeanSquaredError"]!.GetValue<double>());
        Assert.HasCount(1, methods[0]!["byDimension"]!.AsArray());
    }

    [TestMethod]
    [DataRow("--hide 0", ExitCode.Usage, "--hide is 0; it must lie between 0 and 1")]
    [DataRow("--hide 1.5", ExitCode.Usage, "--hide is 1.5")]
    [DataRow("--hide many", ExitCode.Usage, "many")]
    [DataRow("--hide 0.2", ExitCode.BadFile, "no.zip")]
    public void ABadRequestIsRefused(string arguments, int code, string named)
    {
        Assert.AreEqual(code, _line.Run(["evaluate-imputation", "no.zip", "no.parquet", .. arguments.Split(' ')]), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
    }
}
