using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Schedules of the KL weight and of the learning rate, by hand-computed values.</summary>
[TestClass]
public class ScheduleTests
{
    private static SchedulePoint At(long update, int epoch = 1, int batch = 0, int batches = 10, int epochs = 100) =>
        new(update, epoch, epochs, batch, batches);

    [TestMethod]
    [DataRow(0, 0.01)]
    [DataRow(500, 0.505)]
    [DataRow(999, 0.99901)]
    [DataRow(1000, 1.0)]
    [DataRow(7000, 1.0)]
    public void KlLinearInUpdates(int update, double weight) =>
        Assert.AreEqual(weight, new LinearInUpdates { Updates = 1000 }.Weight(At(update)), 1e-12);

    [TestMethod]
    [DataRow(1, 2.0, 0.0004)]
    [DataRow(25, 2.0, 0.25)]
    [DataRow(25, 1.0, 0.5)]
    [DataRow(50, 2.0, 1.0)]
    [DataRow(51, 1.0, 1.0)]
    public void KlPowerOfEpoch(int epoch, double power, double weight) =>
        Assert.AreEqual(weight, new PowerOfEpoch { Epochs = 50, Power = power }.Weight(At(0, epoch, batch: 7)), 1e-12);

    [TestMethod]
    [DataRow(1, 0, 0.2004)]
    [DataRow(1, 9, 0.204)]
    [DataRow(101, 4, 0.602)]
    [DataRow(200, 9, 1.0)]
    [DataRow(201, 0, 1.0)]
    public void KlLinearInEpochs(int epoch, int batch, double weight) =>
        Assert.AreEqual(weight, new LinearInEpochs { Epochs = 200 }.Weight(At(0, epoch, batch)), 1e-12);

    [TestMethod]
    public void TheShortFormIsLinearInUpdatesAndNothingIsPhasedInUnlessAsked()
    {
        var linear = new LinearInUpdates { Updates = 30, StartWeight = 0.4 };
        var shortForm = new Elbo { KlWarmUpUpdates = 30, KlWeightAtStart = 0.4 };
        var longForm = new Elbo { KlSchedule = linear };
        for (int update = 0; update < 40; update++)
        {
            Assert.AreEqual(linear.Weight(At(update)), shortForm.KlWeight(At(update)));
            Assert.AreEqual(linear.Weight(At(update)), longForm.KlWeight(At(update)));
            Assert.AreEqual(1, new Elbo().KlWeight(At(update)));
        }
    }

    [TestMethod]
    public void RateSchedules()
    {
        Assert.AreEqual(1, new ConstantRate().Factor(At(99, 40)));
        var cosine = new CosineDecay { FinalRatio = 0.2 };
        Assert.AreEqual(1, cosine.Factor(At(0, 1, epochs: 5)), 1e-12);
        Assert.AreEqual(0.6, cosine.Factor(At(0, 3, epochs: 5)), 1e-12);
        Assert.AreEqual(0.2, cosine.Factor(At(0, 5, epochs: 5)), 1e-12);
        Assert.AreEqual(1, cosine.Factor(At(0, 1, epochs: 1)), 1e-12);
        var exponential = new ExponentialDecay { RatioPerUpdate = 0.99996 };
        Assert.AreEqual(1, exponential.Factor(At(0)));
        Assert.AreEqual(0.6703147, exponential.Factor(At(10_000)), 1e-6);
        var step = new StepDecay { EveryEpochs = 10, Ratio = 0.1 };
        foreach (var (epoch, factor) in new[] { (1, 1), (10, 1), (11, 0.1), (20, 0.1), (21, 0.01) })
            Assert.AreEqual(factor, step.Factor(At(0, epoch)), 1e-12);
        var warm = new StepDecay { EveryEpochs = 10, Ratio = 0.1, WarmUpUpdates = 4 };
        foreach (var (update, factor) in new[] { (0, 0.25), (1, 0.5), (3, 1), (4, 1) })
            Assert.AreEqual(factor, warm.Factor(At(update)), 1e-12);
        Assert.AreEqual(0.05, warm.Factor(At(1, 11)), 1e-12);
    }

    [TestMethod]
    public void LongFormsTrainToTheBitAsTheirShortFormsDo()
    {
        var shortForm = Rows.Options(epochs: 4) with { Bound = new Elbo { KlWarmUpUpdates = 7 }, FinalLearningRateRatio = 0.3 };
        var longForm = Rows.Options(epochs: 4) with
        {
            Bound = new Elbo { KlSchedule = new LinearInUpdates { Updates = 7 } },
            LearningRateSchedule = new CosineDecay { FinalRatio = 0.3 },
            Optimizer = new AdamW { Beta1 = 0.9, Beta2 = 0.999, WeightDecay = 0 },
        };
        CollectionAssert.AreEqual(Figures(shortForm), Figures(longForm));
        CollectionAssert.AreNotEqual(Figures(shortForm), Figures(longForm with { Optimizer = new AdamW { Beta1 = 0.8 } }));
        CollectionAssert.AreNotEqual(Figures(shortForm), Figures(longForm with { LearningRateSchedule = new ExponentialDecay { RatioPerUpdate = 0.9 } }));
    }

    [TestMethod]
    public void PatienceWaitsForTheFullKlWeightOfAnySchedule()
    {
        // Too small a rate to move a Single's bound: no epoch after the first is better, so patience alone decides.
        var options = Rows.Options(epochs: 12) with { LearningRate = 1e-30, WeightAveraging = 0, Patience = 2 };
        Assert.AreEqual(3, EpochsOf(options));
        Assert.AreEqual(8, EpochsOf(options with { Bound = new Elbo { KlSchedule = new PowerOfEpoch { Epochs = 7 } } }));
        Assert.AreEqual(7, EpochsOf(options with { Bound = new Elbo { KlSchedule = new LinearInEpochs { Epochs = 5 } } }));
    }

    private static int EpochsOf(DeepMarkovTrainer.Options options) => Train(options).Count(e => e.Stage == TrainingStage.Model);

    private static double[] Figures(DeepMarkovTrainer.Options options) =>
        [.. Train(options).SelectMany(e => new[] { e.TrainBound, e.ValidationBound, e.KlWeight, e.LearningRate, e.GradientNorm })];

    private static IReadOnlyList<EpochRecord> Train(DeepMarkovTrainer.Options options)
    {
        var ml = new MLContext();
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows.Make(30)));
        return model.History.Epochs;
    }
}
