using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>VRNN and SRNN through the trainer, on ragged rows with missing steps: trained, saved, loaded, scored, forecast.</summary>
[TestClass]
public class RecurrentModelTrainingTests
{
    public static IEnumerable<object[]> Parts => new (GenerativeModel, InferenceNetwork)[]
    {
        (new VrnnModel { LatentSize = 3, HiddenSize = 6, EncoderSize = 5, PriorSize = 5 }, new FilteringPathProposal { HiddenSize = 8, AddsPriorMean = true }),
        (new VrnnModel { LatentSize = 3, HiddenSize = 6, EncoderSize = 5, PriorSize = 5 }, new SmoothingPathProposal { HiddenSize = 8, RecurrentSize = 6 }),
        (new SrnnModel { LatentSize = 3, HiddenSize = 6, EncoderSize = 5, PriorSize = 5 }, new SmoothingPathProposal { HiddenSize = 8, RecurrentSize = 6 }),
        (new SrnnModel { LatentSize = 3, HiddenSize = 6, EncoderSize = 5, PriorSize = 5 }, new StructuredInference { HiddenSize = 8 }),
        (new SrnnModel { LatentSize = 3, HiddenSize = 6, EncoderSize = 5, PriorSize = 5 }, new PriorProposal()),
        (new DeepMarkovModel { LatentSize = 3 }, new FilteringPathProposal { HiddenSize = 8 }),
    }.Select(p => new object[] { p.Item1, p.Item2 });

    [TestMethod]
    [DynamicData(nameof(Parts))]
    public void TrainsSavesLoadsScoresAndForecasts(GenerativeModel generative, InferenceNetwork inference)
    {
        var ml = new MLContext(seed: 1);
        var options = Rows.Options() with { Generative = generative, Inference = inference };
        Assert.AreEqual(options, OptionsJson.Read(OptionsJson.Write(options)));
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows.Make(30)));
        var rows = Rows.Make(6, seed: 11);
        using var stream = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(rows).Schema, stream);
        stream.Position = 0;
        using var loaded = Assert.IsInstanceOfType<DeepMarkovTransformer>(new MLContext().Model.Load(stream, out _));
        var before = Score(ml, model, rows);
        var after = Score(ml, loaded, rows);
        var alone = Score(ml, loaded, rows[^1..])[0];
        for (int i = 0; i < rows.Count; i++)
        {
            CollectionAssert.AreEqual(before[i].SmoothedMean, after[i].SmoothedMean);
            CollectionAssert.AreEqual(before[i].LogLikelihood, after[i].LogLikelihood);
            CollectionAssert.AreEqual(before[i].Forecast, after[i].Forecast);
            Assert.IsTrue(after[i].LogLikelihood.All(float.IsFinite));
            Assert.AreEqual(4, after[i].Forecast.Length);
            for (int k = 0; k < 4; k++)
                Assert.IsTrue(after[i].ForecastLower[k] < after[i].ForecastUpper[k]);
        }
        for (int k = 0; k < 4; k++)
            Assert.AreEqual(alone.Forecast[k], after[^1].Forecast[k], 1e-4);
        for (int t = 0; t < alone.LogLikelihood.Length; t++)
            Assert.AreEqual(alone.LogLikelihood[t], after[^1].LogLikelihood[t], 1e-4);
    }

    [TestMethod]
    public void FaultsAreNamed()
    {
        var options = Rows.Options() with
        {
            Generative = new VrnnModel { HiddenSize = 0, EncoderLayers = -1, Emission = new GaussianEmission { HiddenSize = 0 } },
            Inference = new SmoothingPathProposal { RecurrentSize = 0, HiddenLayers = 0 },
        };
        var e = Assert.ThrowsExactly<OptionsException>(options.Check);
        foreach (string sentence in new[]
        {
            "Generative.HiddenSize is 0; it must be at least 1.", "Generative.EncoderLayers is -1; it must be at least 0.",
            "Generative.Emission.HiddenSize is 0; it must be at least 1.", "Inference.RecurrentSize is 0; it must be at least 1.",
            "Inference.HiddenLayers is 0; it must be at least 1.",
        })
            StringAssert.Contains(e.Message, sentence);
        var controlled = Rows.Options() with { Generative = new SrnnModel { ConditionOnControls = true } };
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(controlled.Check).Message, "set ControlColumnName");
        var future = Rows.Options() with { FilteringProposal = new() { Network = new SmoothingPathProposal() } };
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(future.Check).Message, "FilteringProposal.Network reads the future");
    }

    private static List<ScoredRow> Score(MLContext ml, ITransformer model, List<Row> rows) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];
}
