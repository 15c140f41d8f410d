using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tests.Data;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class GenerateCommandTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void ALinearSystemIsWrittenBesideItsData()
    {
        Assert.AreEqual(ExitCode.Ok, Run("synthetic12"), _line.Messages);
        float[][] train = Lists("train", "Observations");
        Assert.AreEqual((1000, 500), (train.Length, train[0].Length));
        Assert.AreEqual(250, Lists("test", "Latents")[0].Length);
        Assert.AreEqual(4.929553f, train[7][24 * 20 + 9], 1e-6f);
        JsonNode system = JsonNode.Parse(File.ReadAllText(_line.Path("data/system.json")))!;
        Assert.AreEqual(SyntheticSystems.Get("synthetic12").LinearTransition!.Matrix[1, 2], (double)system["transition"]![1]![2]!);
        Assert.AreEqual(20, system["emission"]![9]!.AsArray().Count);
        Assert.AreEqual(0.1, (double)system["initialVariance"]!);
    }

    [TestMethod]
    public void ALinearGaussianSetHasTheSizesAskedFor()
    {
        string[] sizes = ["--latent-size", "3", "--observation-size", "2", "--sequences", "30", "--steps", "7"];
        Assert.AreEqual(ExitCode.Ok, Run(["linear-gaussian", .. sizes, "--seed", "4"]), _line.Messages);
        float[][] first = Lists("train", "Observations");
        Assert.AreEqual((30, 14), (first.Length, first[0].Length));
        Assert.AreEqual((3, 21), (Lists("valid", "Latents").Length, Lists("test", "Latents")[0].Length));
        Assert.AreEqual(ExitCode.Ok, Run(["linear-gaussian", .. sizes, "--seed", "4"]), _line.Messages);
        ParquetFolder.AreEqual(first, Lists("train", "Observations"));
        Assert.AreEqual(ExitCode.Ok, Run(["linear-gaussian", .. sizes, "--seed", "5"]), _line.Messages);
        Assert.AreNotEqual(first[0][0], Lists("train", "Observations")[0][0]);
    }

    [TestMethod]
    public void AChainGraphIsObservedEveryFewSteps()
    {
        Assert.AreEqual(ExitCode.Ok, Run("chain-graph", "--sequences", "5", "--steps", "6", "--steps-per-observation", "3"), _line.Messages);
        float[] row = Lists("train", "Observations")[4];
        CollectionAssert.AreEqual(new[] { true, true, false, true, true, false }, row.Select(float.IsNaN).ToArray());
        Assert.AreEqual(1, Lists("test", "Observations").Length);
    }

    [TestMethod]
    public void TheToyHasItsPublishedSizes()
    {
        Assert.AreEqual(ExitCode.Ok, Run("dmm-toy"), _line.Messages);
        StringAssert.Contains(_line.Messages, "10000 sequences of 10 steps");
        Assert.AreEqual(-1.0057656f, Lists("train", "Observations")[5][27], 1e-6f);
    }

    [TestMethod]
    [DataRow("synthetic9 --latent-size 3", "--latent-size does not apply to synthetic9")]
    [DataRow("chain-graph --observation-size 3", "--observation-size does not apply to chain-graph")]
    [DataRow("chain-graph --steps-per-observation 3", "--steps-per-observation is 3")]
    [DataRow("linear-gaussian --sequences 0", "--sequences")]
    [DataRow("linear-gaussian --transition-variance -1", "--transition-variance must be above 0")]
    [DataRow("linear-gaussian --sequences 2000000000 --steps 2000000000", "--sequences times --steps")]
    [DataRow("linear-gaussian --seed -1", "--seed")]
    public void OptionsThatDoNotFitAreNamed(string arguments, string named)
    {
        Assert.AreEqual(ExitCode.Usage, Run(arguments.Split(' ')), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), named);
        Assert.IsFalse(Directory.Exists(_line.Path("data")));
    }

    private int Run(params string[] arguments) => _line.Run(["generate", .. arguments, "--output", _line.Path("data")]);

    private float[][] Lists(string split, string column) => ParquetFolder.Lists<float>(ParquetFolder.Load(_line.Path($"data/{split}.parquet")), column);
}
