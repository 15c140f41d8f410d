using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>The options of training: refused by name when wrong, and the same in JSON.</summary>
[TestClass]
public class TrainingOptionsTests
{
    [TestMethod]
    [DataRow("""{"bound": {"type": "Elbo", "klWarmUpUpdates": 10, "klSchedule": {"type": "LinearInUpdates"}}}""", "Bound.KlWarmUpUpdates is 10", "set one of the two")]
    [DataRow("""{"bound": {"type": "Elbo", "klWeightAtStart": 0.5, "klSchedule": {"type": "LinearInUpdates"}}}""", "Bound.KlWeightAtStart is 0.5", "set one of the two")]
    [DataRow("""{"bound": {"type": "Elbo", "klSchedule": {"type": "LinearInUpdates", "updates": 0}}}""", "Bound.KlSchedule.Updates is 0", "at least 1")]
    [DataRow("""{"bound": {"type": "Elbo", "klSchedule": {"type": "PowerOfEpoch", "power": 0}}}""", "Bound.KlSchedule.Power is 0", "above 0")]
    [DataRow("""{"bound": {"type": "Elbo", "klSchedule": {"type": "PowerOfEpoch", "epochs": 0}}}""", "Bound.KlSchedule.Epochs is 0", "at least 1")]
    [DataRow("""{"bound": {"type": "Elbo", "klSchedule": {"type": "LinearInEpochs", "startWeight": 2}}}""", "Bound.KlSchedule.StartWeight is 2", "[0, 1]")]
    [DataRow("""{"bound": {"type": "Elbo", "klSchedule": {"type": "LinearInEpoch"}}}""", "'LinearInEpoch'", "'LinearInEpochs'")]
    [DataRow("""{"finalLearningRateRatio": 0.5, "learningRateSchedule": {"type": "Constant"}}""", "FinalLearningRateRatio is 0.5", "set one of the two")]
    [DataRow("""{"learningRateSchedule": {"type": "Exponential", "ratioPerUpdate": 1.1}}""", "LearningRateSchedule.RatioPerUpdate is 1.1", "at most 1")]
    [DataRow("""{"learningRateSchedule": {"type": "Step", "everyEpochs": 0}}""", "LearningRateSchedule.EveryEpochs is 0", "at least 1")]
    [DataRow("""{"learningRateSchedule": {"type": "Cosine", "finalRatio": -1}}""", "LearningRateSchedule.FinalRatio is -1", "[0, 1]")]
    [DataRow("""{"learningRateSchedule": {"type": "Constant", "warmUpUpdates": -1}}""", "LearningRateSchedule.WarmUpUpdates is -1", "at least 0")]
    [DataRow("""{"optimizer": {"type": "Adam", "beta1": 1}}""", "Optimizer.Beta1 is 1", "below 1")]
    [DataRow("""{"optimizer": {"type": "AdamW", "weightDecay": -1}}""", "Optimizer.WeightDecay is -1", "at least 0")]
    [DataRow("""{"optimizer": {"type": "RmsProp", "smoothing": 1}}""", "Optimizer.Smoothing is 1", "below 1")]
    [DataRow("""{"optimizer": {"type": "Sgd", "nesterov": true}}""", "Optimizer.Nesterov is true", "Momentum")]
    [DataRow("""{"optimizer": {"type": "Adagrad"}}""", "'Adagrad'", "'Adam'")]
    [DataRow("""{"beta1": 0.9}""", "Unknown option 'beta1'", "known: ")]
    [DataRow("""{"penalties": [{"l1": 1}, {"pattern": "x"}]}""", "Penalties[1].L1 and L2 are 0", "above 0")]
    [DataRow("""{"penalties": [{"pattern": "", "l2": 1}]}""", "Penalties[0].Pattern is empty", "every weight")]
    [DataRow("""{"penalties": [{"l2": -1}]}""", "Penalties[0].L2 is -1", "at least 0")]
    [DataRow("""{"penalties": [null]}""", "Penalties[0] is null", "")]
    [DataRow("""{"weightInit": {"scheme": "Orthogonal", "scale": 0}}""", "WeightInit.Scale is 0", "above 0")]
    [DataRow("""{"weightInit": {"scheme": "Xavir"}}""", "'Xavir'", "'Xavier'")]
    [DataRow("""{"workers": 0}""", "Workers is 0", "at least 1")]
    [DataRow("""{"workers": 5, "batchSize": 4}""", "Workers is 5", "BatchSize, 4")]
    [DataRow("""{"workers": 2, "inference": {"type": "Iterative"}}""", "Workers is 2", "set it to 1")]
    [DataRow("""{"workers": 2, "bound": {"type": "Aesmc", "samples": 4, "inferenceSamples": 2}}""", "Workers is 2", "set it to 1")]
    [DataRow("""{"workers": 2, "bound": {"type": "Fivo", "samples": 4, "resampling": {"type": "Multinomial"}, "scoreFunctionGradient": true}}""", "Workers is 2", "set it to 1")]
    [DataRow("""{"clipLength": 0}""", "ClipLength is 0", "at least 1")]
    [DataRow("""{"backpropagationSteps": 0}""", "BackpropagationSteps is 0", "at least 1")]
    [DataRow("""{"clipLength": 25, "backpropagationSteps": 25}""", "BackpropagationSteps is 25", "ClipLength of 25")]
    public void WrongOptionsAreNamed(string json, string named, string advice)
    {
        var error = Assert.ThrowsExactly<OptionsException>(() => OptionsJson.Read(json));
        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, advice);
    }

    [TestMethod]
    public void EveryKindComesBackFromJson()
    {
        foreach (Optimizer optimizer in new Optimizer[] { new Adam { Beta1 = 0.96, WeightDecay = 2 }, new AdamW { Epsilon = 1e-6 }, new RmsProp { Centered = true }, new Sgd { Momentum = 0.9, Nesterov = true } })
            Assert.AreEqual(optimizer, Back(new() { Optimizer = optimizer }).Optimizer);
        foreach (KlSchedule schedule in new KlSchedule[] { new LinearInUpdates { Updates = 5 }, new PowerOfEpoch { Power = 1 }, new LinearInEpochs { StartWeight = 0.1 } })
            Assert.AreEqual(schedule, Back(new() { Bound = new Elbo { KlSchedule = schedule } }).Bound.KlSchedule);
        foreach (LearningRateSchedule schedule in new LearningRateSchedule[] { new ConstantRate { WarmUpUpdates = 3 }, new CosineDecay { FinalRatio = 0 }, new ExponentialDecay(), new StepDecay { Ratio = 0.2 } })
            Assert.AreEqual(schedule, Back(new() { LearningRateSchedule = schedule }).LearningRateSchedule);
        var rest = new DeepMarkovTrainer.Options
        {
            Penalties = [new() { Pattern = "generative.*", L1 = 1 }],
            WeightInit = new() { Scheme = WeightScheme.He, Scale = 0.5 },
            ClipLength = 25,
            BackpropagationSteps = 5,
        };
        var back = Back(rest);
        CollectionAssert.AreEqual(rest.Penalties.ToArray(), back.Penalties!.ToArray());
        Assert.AreEqual(rest with { Penalties = null }, back with { Penalties = null });
    }

    private static DeepMarkovTrainer.Options Back(DeepMarkovTrainer.Options options) => OptionsJson.Read(OptionsJson.Write(options));
}
