using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Threads that share an update take the gradient that one alone takes.</summary>
[TestClass]
public class WorkersTests
{
    private static readonly DeepMarkovTrainer.Options s_exact = Rows.Options(epochs: 3) with
    {
        Generative = new LinearGaussianModel { LatentSize = 2 },
        Inference = new ExactInference(),
        Bound = new ExactLikelihood(),
        Optimizer = new Sgd(),
        LearningRate = 0.05,
        BatchSize = 7,
    };

    /// <summary>The exact likelihood draws nothing: only the order of sums differs. The batches do not divide evenly.</summary>
    [TestMethod]
    [DataRow(BoundNormalization.PerStep)]
    [DataRow(BoundNormalization.PerSequence)]
    public void TheirGradientsAddUpToThatOfTheWholeBatch(BoundNormalization normalization)
    {
        var options = s_exact with { Bound = new ExactLikelihood { Normalization = normalization }, Penalties = [new WeightPenalty { L2 = 0.1 }] };
        var (one, three) = (Fit(options), Fit(options with { Workers = 3 }));
        Assert.AreEqual(one.Count, three.Count);
        foreach (var (alone, shared) in one.Zip(three))
        {
            Assert.AreEqual(alone.TrainBound, shared.TrainBound, 1e-5 * Math.Abs(alone.TrainBound));
            Assert.AreEqual(alone.GradientNorm, shared.GradientNorm, 1e-4 * alone.GradientNorm);
            Assert.AreEqual(alone.ValidationBound, shared.ValidationBound, 1e-5 * Math.Abs(alone.ValidationBound));
        }
    }

    [TestMethod]
    public void TwoRunsAgreeToTheBit()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(22));
        var options = Rows.Options(epochs: 2) with
        {
            Workers = 3,
            Inference = new StructuredInference { Direction = Direction.Forward, HiddenSize = 8, Dropout = 0.2 },
            Bound = new Fivo { Samples = 3 },
        };
        using var first = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        using var second = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        Outcome.AreEqual(Outcome.Of(first), Outcome.Of(second));
    }

    [TestMethod]
    [DataRow(1, "0 1 2 3 4")]
    [DataRow(2, "0 3 4|1 2")]
    [DataRow(3, "0 5 6|1 4|2 3")]
    [DataRow(3, "0|1")]
    public void RowsAreDealtThereAndBack(int parts, string expected)
    {
        var all = Oracles.RandomSequences.Make(expected.Split('|', ' ').Length, 1, 3);
        var batch = new TrainingBatch(all, [.. Enumerable.Range(0, all.Count)]);
        Assert.AreEqual(expected, string.Join('|', batch.Deal(parts).Select(part => string.Join(' ', part.Places))));
    }

    [TestMethod]
    public void EachDrawsItsOwnNumbers()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        float[] first = [.. Enumerable.Range(0, 8).Select(share => TorchSharp.torch.randn([1], generator: new TorchSharp.torch.Generator(UpdateStep.SeedOf(1, share))).item<float>())];
        Assert.AreEqual(8, first.Distinct().Count());
    }

    private static IReadOnlyList<EpochRecord> Fit(DeepMarkovTrainer.Options options)
    {
        var ml = new MLContext();
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows.Make(24)));
        return model.History.Epochs;
    }
}
