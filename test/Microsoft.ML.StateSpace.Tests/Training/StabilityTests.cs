using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Long sequences never blow up with the defaults; what does blow up is named.</summary>
[TestClass]
public class StabilityTests
{
    private const int Steps = 160;

    [TestMethod]
    [DataRow(RnnCell.Rnn)]
    [DataRow(RnnCell.Lstm)]
    public void LongSequencesTrainWithTheDefaults(RnnCell cell)
    {
        var ml = new MLContext();
        var options = new DeepMarkovTrainer.Options
        {
            ObservationSize = 2,
            Inference = new StructuredInference { Cell = cell },
            Epochs = 3,
            Seed = 1,
            FilteringProposal = new FilteringProposal { Epochs = 1 },
        };
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(RandomRows(45)));
        var epochs = model.History.Epochs.Where(e => e.Stage == TrainingStage.Model).ToList();
        Assert.HasCount(3, epochs);
        Assert.IsTrue(model.History.Epochs.All(e => double.IsFinite(e.TrainBound) && double.IsFinite(e.ValidationBound) && double.IsFinite(e.GradientNorm)));
        Assert.IsTrue(epochs[^1].ValidationBound >= epochs[0].ValidationBound, $"{epochs[0].ValidationBound} became {epochs[^1].ValidationBound}");
    }

    [TestMethod]
    public void ANonFiniteBoundNamesEpochBatchAndSequence()
    {
        var ml = new MLContext();
        var trainer = ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { LearningRate = 1e30 });
        var data = ml.Data.LoadFromEnumerable(Rows.Make(20));
        var error = Assert.ThrowsExactly<NonFiniteBoundException>(() => trainer.Fit(data));
        Assert.AreEqual(1, error.Epoch);
        Assert.AreEqual(2, error.Batch);
        StringAssert.StartsWith(error.Sequence, "'row ");
        foreach (string part in new[] { "epoch 1", "batch 2", $"sequence {error.Sequence}" })
            StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void WeightsThatOnlyTheValidationFindsBrokenAreNoModel()
    {
        var ml = new MLContext();
        // One update in all: no second one meets what the first has done.
        var options = Rows.Options(epochs: 1) with { LearningRate = 1e30, BatchSize = 100, Inference = new StructuredInference { Direction = Direction.Forward, HiddenSize = 8 } };
        var data = ml.Data.LoadFromEnumerable(Rows.Make(20));
        var error = Assert.ThrowsExactly<NonFiniteBoundException>(() => ml.StateSpace.Trainers.DeepMarkov(options).Fit(data));
        StringAssert.Contains(error.Message, "validation bound");
        StringAssert.StartsWith(error.Sequence, "'row ");
    }

    private sealed class Series
    {
        public float[] Observations { get; set; } = [];
    }

    private static IEnumerable<Series> RandomRows(int count)
    {
        var random = new Random(12);
        return [.. Enumerable.Range(0, count).Select(_ => new Series
        {
            Observations = [.. Enumerable.Range(0, 2 * Steps).Select(_ => (float)(10 * random.NextDouble() - 5))],
        })];
    }
}
