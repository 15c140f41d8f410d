using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>What must hold for every bound: it trains through the trainer on ragged sequences with missing values, and its model
/// is saved, loaded, evaluated and scored.</summary>
[TestClass]
public class BoundContract
{
    private static readonly ResamplingCriterion s_always = ResamplingCriterion.Always;

    public static readonly IReadOnlyDictionary<string, Bound> Bounds = new Dictionary<string, Bound>
    {
        ["elbo"] = new Elbo(),
        ["elbo-sampled-per-sequence"] = new Elbo { SampledKl = true, Samples = 2, Normalization = BoundNormalization.PerSequence },
        ["iwae"] = new Iwae { Samples = 3 },
        ["iwae-annealed"] = new Iwae { Samples = 3, KlWarmUpUpdates = 2 },
        ["fivo"] = new Fivo { Samples = 4 },
        ["fivo-one"] = new Fivo(),
        ["fivo-score"] = new Fivo { Samples = 4, Criterion = s_always, Resampling = new MultinomialResampling(), ScoreFunctionGradient = true },
        ["fivo-stratified"] = new Fivo { Samples = 4, Criterion = new EveryNCriterion(), Resampling = new StratifiedResampling() },
        ["fivo-relaxed"] = new Fivo { Samples = 4, Criterion = s_always, Resampling = new RelaxedResampling() },
        ["fivo-steps"] = new Fivo { Samples = 4, Criterion = new StepsCriterion { Steps = [0, 2] } },
        ["fivo-tilt-td"] = new Fivo { Samples = 4, Criterion = s_always, Tilt = new TiltNetwork { HiddenSize = 5 } },
        ["fivo-tilt-bound"] = new Fivo { Samples = 4, Criterion = s_always, Resampling = new MultinomialResampling(), ScoreFunctionGradient = true, Tilt = new TiltNetwork { HiddenSize = 5, LearnsFrom = TiltLearning.Bound } },
        ["fivo-tilt-relaxed"] = new Fivo { Samples = 4, Criterion = s_always, Resampling = new RelaxedResampling(), Tilt = new TiltNetwork { HiddenSize = 5, LearnsFrom = TiltLearning.Bound } },
        ["aesmc"] = new Aesmc { Samples = 4 },
        ["aesmc-alternating"] = new Aesmc { Samples = 4, InferenceSamples = 2 },
    };

    public static IEnumerable<object[]> Names => Bounds.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void TrainsSavesLoadsAndEvaluates(string name)
    {
        var ml = new MLContext(1);
        var data = ml.Data.LoadFromEnumerable(Rows.Make(14));
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { Bound = Bounds[name] }).Fit(data);
        Assert.IsTrue(model.History.Epochs.All(e => double.IsFinite(e.TrainBound) && double.IsFinite(e.ValidationBound) && double.IsFinite(e.TrainKl)), name);
        string path = Path.GetTempFileName();
        try
        {
            ml.Model.Save(model, data.Schema, path);
            using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(path, out _);
            Assert.AreEqual(Bounds[name], loaded.Options.Bound);
            Assert.AreEqual(model.WeightCount, loaded.WeightCount);
            var options = new EvaluationOptions { Particles = 6 };
            Assert.AreEqual(ml.StateSpace.Evaluate(model, data, options), ml.StateSpace.Evaluate(loaded, data, options));
            Assert.IsTrue(loaded.Transform(data).GetColumn<float[]>("LogLikelihood").SelectMany(l => l).All(l => !float.IsInfinity(l)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    [DataRow("fivo-tilt-td")]
    [DataRow("fivo-tilt-bound")]
    public void ATiltIsTrainedWithTheModel(string name)
    {
        var ml = new MLContext(1);
        var data = ml.Data.LoadFromEnumerable(Rows.Make(14));
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options() with { Bound = Bounds[name] }).Fit(data);
        Assert.IsTrue(model.Networks.Tilt!.get_parameter("head.weight")!.abs().max().cpu().data<float>()[0] > 0, "it began at 0");
    }
}
