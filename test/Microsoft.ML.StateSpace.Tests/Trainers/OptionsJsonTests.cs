using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

[TestClass]
public class OptionsJsonTests
{
    [TestMethod]
    public void RoundTripKeepsEveryOption()
    {
        var options = new DeepMarkovTrainer.Options
        {
            ObservationColumnName = "X",
            MaskColumnName = "M",
            ObservationSize = 7,
            Generative = new DeepMarkovModel { LatentSize = 5, Transition = new LinearTransition(), Emission = new BernoulliEmission { HiddenLayers = 2 } },
            Inference = new MeanFieldInference { Direction = Direction.Both, Dropout = 0.25 },
            Epochs = 9,
            MaxTime = TimeSpan.FromMinutes(25),
            Horizon = 3,
        };
        Assert.AreEqual(options, OptionsJson.Read(OptionsJson.Write(options)));
    }

    [TestMethod]
    public void RoundTripKeepsEveryBound()
    {
        Bound[] bounds =
        [
            new Iwae { Samples = 5, Normalization = BoundNormalization.PerSequence },
            new Fivo { Samples = 4, Criterion = new StepsCriterion { Steps = [1, 5] }, Resampling = new RelaxedResampling { Temperature = 0.3 } },
            new Fivo { Samples = 4, Criterion = new EveryNCriterion { Every = 3 }, Resampling = new MultinomialResampling(), ScoreFunctionGradient = true, Tilt = new TiltNetwork { LearnsFrom = TiltLearning.Bound } },
            new Aesmc { Samples = 8, InferenceSamples = 2, Resampling = new StratifiedResampling() },
        ];
        foreach (Bound bound in bounds)
            Assert.AreEqual(bound, OptionsJson.Read(OptionsJson.Write(new DeepMarkovTrainer.Options { Bound = bound })).Bound);
        Assert.AreNotEqual<ResamplingCriterion>(new StepsCriterion { Steps = [1, 5] }, new StepsCriterion { Steps = [5, 1] });
    }

    [TestMethod]
    [DataRow("""{"epoch": 3}""", "'epoch'", "'epochs'")]
    [DataRow("""{"generative": {"type": "DeepMarkov", "latentSise": 3}}""", "'generative.latentSise'", "'latentSize'")]
    [DataRow("""{"generative": {"type": "DeepMarkow"}}""", "'DeepMarkow'", "'DeepMarkov'")]
    [DataRow("""{"generative": {"type": "DeepMarkov", "transition": {"type": "Gated", "hidden": 3}}}""", "'generative.transition.hidden'", "'hiddenSize'")]
    [DataRow("""{"bound": {"klWarmUpUpdates": 3}}""", "'bound'", "'type'")]
    [DataRow("""{"bound": {"type": "Elbo", "tilt": {}}}""", "'bound.tilt'", "'tilt' is an option of Bound 'Fivo', not of 'Elbo'.")]
    [DataRow("""{"bound": {"type": "Iwae", "resampling": {"type": "Relaxed"}}}""", "'bound.resampling'", "'resampling' is an option of Bound 'Fivo' and 'Aesmc', not of 'Iwae'.")]
    [DataRow("""{"bound": {"type": "Fivo", "samples": 0}}""", "Bound.Samples is 0", "at least 1")]
    [DataRow("""{"bound": {"type": "Fivo", "samples": 4, "criterion": {"type": "Never"}, "tilt": {}}}""", "Bound.Tilt changes nothing", "cancel")]
    [DataRow("""{"bound": {"type": "Fivo", "criterion": {"type": "EveryN", "threshold": 0.4}}}""", "'threshold'", "ResamplingCriterion 'EffectiveSampleSize', not of 'EveryN'")]
    [DataRow("""{"epochs": "many"}""", "'epochs' is 'many'", "a whole number")]
    [DataRow("""{"epochs": 2.5}""", "'epochs' is 2.5", "a whole number")]
    [DataRow("""{"epochs": null}""", "'epochs' is null", "a whole number")]
    [DataRow("""{"learningRate": "fast"}""", "'learningRate' is 'fast'", "a number")]
    [DataRow("""{"maxTime": "20m"}""", "'maxTime' is '20m'", "'00:20:00'")]
    [DataRow("""{"penalties": [3]}""", "'penalties[0]' is 3", "an object")]
    [DataRow("""{"bound": {"type": "Fivo", "resampling": "Relaxed"}}""", "'bound.resampling' is 'Relaxed'", "an object with a 'type', one of 'Multinomial', 'Systematic'")]
    [DataRow("""{"bound": {"type": "Fivo", "resampling": {"typ": "Relaxed"}}}""", "'bound.resampling' needs a 'type'", "'Relaxed'")]
    [DataRow("""{"bound": {"type": "Fivo", "resampling": {"type": "Relaxed", "temperatur": 1}}}""", "'bound.resampling.temperatur'", "'temperature'")]
    [DataRow("""{"bound": {"type": "Fivo", "criterion": {"type": "Steps", "steps": [1, "two"]}}}""", "'bound.criterion.steps[1]' is 'two'", "a whole number")]
    [DataRow("""{"bound": {"type": "Fivo", "criterion": {"type": "Steps", "steps": 3}}}""", "'bound.criterion.steps' is 3", "a list")]
    [DataRow("""{"bound": {"type": "Fivo", "tilt": true}}""", "'bound.tilt' is true", "an object")]
    [DataRow("""{"bound": {"type": "Fivo", "tilt": {"type": "Lstm"}}}""", "'bound.tilt.type'", "needs no 'type'. Known: 'cell', 'hiddenSize', 'learnsFrom'")]
    [DataRow("""{"bound": {"type": "Fivo", "tilt": {"learnsFrom": "Bond"}}}""", "'bound.tilt.learnsFrom'", "'Bound'")]
    [DataRow("""{"inference": {"type": "Flow", "base": {"typ": "MeanField", "type": "Structured"}}}""", "'inference.base.typ'", "'type'")]
    [DataRow("""{"inference": {"type": "Flow", "base": {"type": "Structured", "flows": 3}}}""", "'inference.base.flows'", "InferenceNetwork 'Flow', not of 'Structured'")]
    [DataRow("""{"inference": {"type": "Flow", "base": null}}""", "'inference.base' is null", "'Structured'")]
    [DataRow("""{"inference": {"type": "Flow", "base": {"type": "Structured", "cell": 3}}}""", "'inference.base.cell' is 3", "one of 'Lstm'")]
    [DataRow("""{"optimizer": {"type": "AdamW", "schedule": 1}}""", "'optimizer.schedule'", "known: 'beta1'")]
    [DataRow("""{"epochs": 0}""", "Epochs is 0", "at least 1")]
    [DataRow("""{"inference": {"type": "Structured", "dropout": 1.5}}""", "Inference.Dropout is 1.5", "below 1")]
    [DataRow("""[1]""", "JSON object", "")]
    [DataRow("""{"epochs": """, "no valid JSON", "")]
    [DataRow("""{"device": "gpu"}""", "Device is 'gpu'", "'cuda'")]
    [DataRow("""{"filteringProposal": {"network": {"type": "Structured", "direction": "Backward"}}}""", "FilteringProposal.Network", "future")]
    public void FaultsAreNamedWithTheNearestValidOption(string json, string named, string advice)
    {
        var e = Assert.ThrowsExactly<OptionsException>(() => OptionsJson.Read(json));
        StringAssert.Contains(e.Message, named);
        StringAssert.Contains(e.Message, advice);
    }

    [TestMethod]
    public void EveryCheckedInConfigIsValid()
    {
        string[] configs = Directory.GetFiles(Path.Combine(Repository.Root, "examples", "configs"), "*.json");
        Assert.AreNotEqual(0, configs.Length);
        foreach (string config in configs)
            Assert.IsNotNull(OptionsJson.Read(File.ReadAllText(config)), config);
    }
}
