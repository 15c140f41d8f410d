using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>synthetic11 with its functional form known: α and β are learned from U(−0.2, 0.2).</summary>
/// <remarks>The emission x ~ N(z / 2, 0.1) is known, so that neither sign nor scale of z is free: α = 0.5 and β = −0.1 are the
/// only answers.</remarks>
[TestClass]
public class Synthetic11Tests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [TestCategory("Long")]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void LearnsBothScalars(int seed) => AssertLearns(seed, SyntheticSystems.TrainingSequences, options => options, alphaWithin: 0.05);

    /// <summary>A fifth of the data and a third of the updates: far from done, but on the way from [−0.2, 0.2] to the answers.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void LearnsThemRoughlyInSeconds(int seed) => AssertLearns(seed, SyntheticSystems.TrainingSequences / 5, options => options with
    {
        Epochs = 16,
        BatchSize = 100,
        LearningRate = 0.04,
        Inference = (StructuredInference)options.Inference with { HiddenSize = 16 },
        FilteringProposal = options.FilteringProposal with { Epochs = 1 },
    }, alphaWithin: 0.1);

    private void AssertLearns(int seed, int sequences, Func<DeepMarkovTrainer.Options, DeepMarkovTrainer.Options> shorten, double alphaWithin)
    {
        string config = File.ReadAllText(Path.Combine(Repository.Root, "examples", "configs", "synthetic11-known.json"));
        var ml = new MLContext();
        var data = SyntheticSystems.Generate("synthetic11");
        var options = shorten(OptionsJson.Read(config)) with
        {
            Seed = seed,
            ValidationSet = ml.Data.LoadFromEnumerable(Rows(data.Validation, data.Validation.Sequences)),
        };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows(data.Train, sequences)));
        double alpha = Scalar(model, "alpha"), beta = Scalar(model, "beta");
        TestContext.WriteLine($"seed {seed}: alpha {alpha:f4}, beta {beta:f4}, validation {model.History.BestValidationBound:f4}, {watch.Elapsed.TotalSeconds:f0} s");
        Assert.AreEqual(0.5, alpha, alphaWithin, "alpha");
        Assert.AreEqual(-0.1, beta, 0.05, "beta");
    }

    private static double Scalar(DeepMarkovTransformer model, string name) =>
        model.Networks.Generative.named_parameters().Single(p => p.name.EndsWith('.' + name)).parameter.item<float>();

    private static IEnumerable<SystemRow> Rows(SyntheticSplit split, int count) => Enumerable.Range(0, count).Select(i => new SystemRow
    {
        SequenceId = $"{i}",
        Observations = [.. split.ObservationsOf(i).ToArray().Select(x => (float)x)],
    });

    private sealed class SystemRow
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];
    }
}
