using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Standardisation through the trainer: which models have it, and that nobody outside can tell.</summary>
[TestClass]
public class StandardisationTests
{
    private const float Factor = 1000, Shift = 1_000_000;

    private static readonly DeepMarkovTrainer.Options s_exact = new()
    {
        ObservationSize = 2,
        MaskColumnName = "Mask",
        SequenceIdColumnName = "Name",
        Generative = new LinearGaussianModel { LatentSize = 2 },
        Inference = new ExactInference(),
        Bound = new ExpectationMaximization { Tolerance = 0 },
        Horizon = 2,
        BatchSize = 40,
        Epochs = 12,
        Patience = 0,
        Seed = 1,
    };

    /// <summary>Networks see the same numbers whatever the unit, so that all the model says is said in it: forecasts × 1000 + 10⁶,
    /// the likelihood less log 1000 for every observed number.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AnotherUnitChangesForecastsAccordinglyAndTheLikelihoodByTheJacobian(bool studentT)
    {
        var ml = new MLContext();
        var options = Rows.Options(epochs: 2);
        var emission = studentT ? (Emission)new StudentTEmission { HiddenSize = 8 } : new GaussianEmission { HiddenSize = 8 };
        options = options with { Generative = (DeepMarkovModel)options.Generative with { Emission = emission } };
        // Eighths: that × 1000 + 10⁶ they are still whole Singles.
        List<Row> rows = [.. Rows.Make(24).Select(r => r.With(x => MathF.Round(8 * x) / 8))], others = [.. rows.Select(r => r.With(x => Factor * x + Shift))];
        using var one = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        using var other = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(others));
        List<ScoredRow> a = Score(ml, one, rows), b = Score(ml, other, others);
        for (int i = 0; i < rows.Count; i++)
        {
            AssertClose(a[i].FilteredMean, b[i].FilteredMean, x => x, 1e-4);
            AssertClose(a[i].SmoothedStd, b[i].SmoothedStd, x => x, 1e-4);
            foreach (var column in new Func<ScoredRow, float[]>[] { r => r.Forecast, r => r.ForecastLower, r => r.ForecastUpper })
                AssertClose(column(a[i]), column(b[i]), x => Factor * x + Shift, 1e-6);
            for (int t = 0; t < rows[i].Mask.Length; t++)
                Assert.AreEqual(a[i].LogLikelihood[t] - (rows[i].Mask[t] ? 2 * Math.Log(Factor) : 0), b[i].LogLikelihood[t], 1e-3);
        }
        double jacobian = 2 * Math.Log(Factor);
        foreach (var (x, y) in one.History.Epochs.Where(e => e.Stage == TrainingStage.Model).Zip(other.History.Epochs))
        {
            Assert.AreEqual(x.TrainBound - jacobian, y.TrainBound, 1e-4);
            Assert.AreEqual(x.TrainLogLikelihood - jacobian, y.TrainLogLikelihood, 1e-4);
            Assert.AreEqual(x.ValidationBound - jacobian, y.ValidationBound, 1e-4);
            Assert.AreEqual(x.TrainKl, y.TrainKl, 1e-4);
        }
        // The proposal's stage tells of the latents, which have no unit.
        Assert.AreEqual(one.History.Epochs[^1].ValidationBound, other.History.Epochs[^1].ValidationBound, 1e-3);
        BoundMetrics m = ml.StateSpace.Evaluate(one, ml.Data.LoadFromEnumerable(rows)), n = ml.StateSpace.Evaluate(other, ml.Data.LoadFromEnumerable(others));
        Assert.AreEqual(m.Elbo.PerStep - jacobian, n.Elbo.PerStep, 1e-3);
        Assert.AreEqual(m.Fivo.PerStep - jacobian, n.Fivo.PerStep, 1e-3);
    }

    /// <summary>Expectation and maximisation step commute with a change of unit: every likelihood on the way is the same.</summary>
    [TestMethod]
    public void ExpectationMaximizationFindsTheSameLikelihoodsInAnyUnit()
    {
        var ml = new MLContext();
        var rows = Rows.Make(40).Select(r => r.With((x, k) => k % 2 == 0 ? 30 * x - 5 : x)).ToList();
        var data = ml.Data.LoadFromEnumerable(rows);
        using var on = ml.StateSpace.Trainers.DeepMarkov(s_exact with { ValidationSet = data }).Fit(data);
        using var off = ml.StateSpace.Trainers.DeepMarkov(s_exact with { ValidationSet = data, Standardisation = StandardisationMode.Off }).Fit(data);
        Assert.IsNotNull(on.Scaling);
        Assert.IsNull(off.Scaling);
        Assert.AreEqual(12, on.History.Epochs.Count);
        foreach (var (a, b) in on.History.Epochs.Zip(off.History.Epochs))
        {
            Assert.AreEqual(b.TrainBound, a.TrainBound, 1e-4);
            Assert.AreEqual(b.ValidationBound, a.ValidationBound, 1e-4);
        }
        foreach (var (a, b) in Score(ml, on, rows).Zip(Score(ml, off, rows)))
        {
            AssertClose(b.LogLikelihood, a.LogLikelihood, x => x, 1e-3);
            AssertClose(b.Forecast, a.Forecast, x => x, 1e-3);
            AssertClose(b.ForecastUpper, a.ForecastUpper, x => x, 1e-3);
        }
        // What the training told is what evaluation and the exact filter say.
        var metrics = ml.StateSpace.Evaluate(on, data, new EvaluationOptions { Particles = 2, FilterParticles = 2 });
        Assert.AreEqual(on.History.BestValidationBound, metrics.Filter!.LogLikelihood.PerStep, 1e-4);
        Assert.AreEqual(on.History.BestValidationBound, metrics.ImportanceSampled.PerStep, 1e-4);
    }

    [TestMethod]
    public void BinaryDataAreTrainedOnAsTheyAre()
    {
        var ml = new MLContext();
        var options = Rows.Options(epochs: 2);
        options = options with { Generative = (DeepMarkovModel)options.Generative with { Emission = new BernoulliEmission { HiddenSize = 8 } } };
        var data = ml.Data.LoadFromEnumerable(Rows.Make(20).Select(r => r.With(x => x > 0 ? 1 : 0)).ToList());
        using var auto = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        using var off = ml.StateSpace.Trainers.DeepMarkov(options with { Standardisation = StandardisationMode.Off }).Fit(data);
        Assert.IsNull(auto.Scaling);
        foreach (var (a, b) in auto.History.Epochs.Zip(off.History.Epochs))
            Assert.AreEqual(a with { Seconds = 0 }, b with { Seconds = 0 });
        foreach (var (a, b) in auto.Networks.state_dict().Zip(off.Networks.state_dict()))
            Assert.IsTrue(a.Value.eq(b.Value).all().item<bool>(), a.Key);
    }

    [TestMethod]
    public void EveryEmissionSaysWhetherItsUnitMatters()
    {
        string[] real = [.. Parts.Emissions.Where(e => e.Value.IsRealValued && !e.Value.IsInDataUnits).Select(e => e.Key)];
        CollectionAssert.AreEquivalent(new[] { "gaussian", "gaussian-common-variance", "gaussian-scale", "student-t" }, real);
        Assert.IsTrue(new DeepMarkovModel { Transition = new FunctionTransition { Function = "synthetic9" } }.IsInDataUnits);
        Assert.IsTrue(new VrnnModel { Emission = Parts.Emissions["function"] }.IsInDataUnits);
        Assert.IsTrue(new GaussianHmmModel().IsInDataUnits);
        Assert.IsTrue(new ContinuousLinearGaussianModel().IsRealValued && new LinearGaussianModel().IsRealValued && new SrnnModel().IsRealValued);
    }

    [TestMethod]
    public void AGivenHmmStaysInTheDatasUnitsUnlessToldOtherwise()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(10));
        var options = s_exact with { MaskColumnName = null, ObservationSize = 1, Generative = new GaussianHmmModel(), Bound = new ExactLikelihood() };
        using var auto = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        Assert.IsNull(auto.Scaling);
        using var on = ml.StateSpace.Trainers.DeepMarkov(options with { Standardisation = StandardisationMode.On }).Fit(data);
        Assert.IsNotNull(on.Scaling);
        var refused = Rows.Options() with { Generative = new DeepMarkovModel { Emission = new PoissonEmission() }, Standardisation = StandardisationMode.On };
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(refused.Check).Message, "Standardisation is On, but Generative describes no real numbers");
        Assert.AreEqual(StandardisationMode.Off, OptionsJson.Read(OptionsJson.Write(options with { Standardisation = StandardisationMode.Off })).Standardisation);
    }

    [TestMethod]
    public void TheUnitsAreSavedWithTheModel()
    {
        var ml = new MLContext();
        var rows = Rows.Make(20).Select(r => r.With(x => 300 * x + 7)).ToList();
        var data = ml.Data.LoadFromEnumerable(rows);
        using var model = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
        CollectionAssert.AreEqual(model.Scaling!.Observations!.Mean.ToArray(), loaded.Scaling!.Observations!.Mean.ToArray());
        CollectionAssert.AreEqual(model.Scaling.Observations.Deviation.ToArray(), loaded.Scaling.Observations.Deviation.ToArray());
        foreach (var (a, b) in Score(ml, model, rows).Zip(Score(ml, loaded, rows)))
        {
            CollectionAssert.AreEqual(a.Forecast, b.Forecast);
            CollectionAssert.AreEqual(a.LogLikelihood, b.LogLikelihood);
        }
        // Training that goes on from its weights goes on in its units, whatever the new data's own would be.
        var shifted = ml.Data.LoadFromEnumerable(rows.Select(r => r.With(x => 2 * x)).ToList());
        using var tuned = ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1) with { InitialModel = loaded }).Fit(shifted);
        Assert.AreSame(loaded.Scaling, tuned.Scaling);
    }

    /// <summary>A model of format 1.2, from before there were units, computes in those of the data: what its history says of
    /// the validation set of synthetic9 holds still.</summary>
    [TestMethod]
    public void AModelSavedBeforeThereWereUnitsScoresAsItDid()
    {
        var ml = new MLContext();
        using var model = (DeepMarkovTransformer)ml.Model.Load(
            Path.Combine(Repository.Root, "test", "Microsoft.ML.StateSpace.Tests", "Trainers", "linear-gaussian-1.2.zip"), out _);
        Assert.IsNull(model.Scaling);
        var split = SyntheticSystems.Generate("synthetic9").Validation;
        var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, split.Sequences).Select(i => new Row
        {
            Observations = [.. split.ObservationsOf(i).ToArray().Select(x => (float)x)],
        }).ToList());
        var metrics = ml.StateSpace.Evaluate(model, data, new EvaluationOptions { Particles = 1, FilterParticles = 1 });
        Assert.AreEqual(model.History.BestValidationBound, metrics.Filter!.LogLikelihood.PerStep, 1e-5);
    }

    private static List<ScoredRow> Score(MLContext ml, ITransformer model, List<Row> rows) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

    private static void AssertClose(float[] before, float[] after, Func<float, float> map, double tolerance)
    {
        // Padding is NaN in both.
        foreach (var (a, b) in before.Zip(after).Where(pair => !(float.IsNaN(pair.First) && float.IsNaN(pair.Second))))
            Assert.AreEqual(map(a), b, tolerance * Math.Max(1, Math.Abs(map(a))), $"{a} became {b}");
    }
}
