using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Columns of controls and times through the trainer, and networks on networks.</summary>
[TestClass]
public class KnownInputsTests
{
    private const int Horizon = 2;

    [TestMethod]
    [DataRow(ConditioningMode.Concatenate, true)]
    [DataRow(ConditioningMode.Sum, false)]
    public void ControlsAndTimesGoFromFitToForecast(ConditioningMode mode, bool augmented)
    {
        var ml = new MLContext();
        var rows = Make(24);
        var options = Options(new Conditioning { Mode = mode, TimeGap = true, InitialPrior = true });
        options = options with { Generative = (DeepMarkovModel)options.Generative with { Augmented = augmented } };
        Assert.AreEqual(options, OptionsJson.Read(OptionsJson.Write(options)));
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        using var stream = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(rows).Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
        Assert.AreEqual(options, loaded.Options);
        var scores = Score(ml, model, rows);
        foreach (var (before, after) in scores.Zip(Score(ml, loaded, rows)))
            CollectionAssert.AreEqual(before.Forecast, after.Forecast);
        Assert.IsTrue(scores.All(s => s.LogLikelihood.Concat(s.Forecast).All(float.IsFinite)));

        // Other plans change the forecast and nothing before it; other controls inside the length change the filter too.
        var planned = Score(ml, model, [.. rows.Select(r => Change(r, step: r.Steps + 1))]);
        var acted = Score(ml, model, [.. rows.Select(r => Change(r, step: 1))]);
        for (int i = 0; i < rows.Count; i++)
        {
            CollectionAssert.AreEqual(scores[i].FilteredMean, planned[i].FilteredMean);
            CollectionAssert.AreEqual(scores[i].Forecast[..2], planned[i].Forecast[..2]);
            CollectionAssert.AreNotEqual(scores[i].Forecast[2..], planned[i].Forecast[2..]);
            CollectionAssert.AreNotEqual(scores[i].FilteredMean, acted[i].FilteredMean);
        }
        var bounds = ml.StateSpace.Evaluate(model, ml.Data.LoadFromEnumerable(rows));
        Assert.IsTrue(double.IsFinite(bounds.Elbo.PerStep));
    }

    /// <summary>What depends on the controls linearly is the regression's alone: with it added to the data, the same network is trained, and its
    /// forecasts have it added.</summary>
    [TestMethod]
    public void ARegressionGoesFromFitToForecast()
    {
        var ml = new MLContext();
        float[] slope = [7, -3];
        List<KnownRow> rows = Make(24), others = [.. rows.Select(r => new KnownRow
        {
            Name = r.Name, Mask = r.Mask, Actions = r.Actions, Clock = r.Clock,
            Observations = [.. r.Observations.Select((x, i) => x + slope[i % 2] * r.Actions[i / 2])],
        })];
        var options = Options(new Conditioning { TimeGap = true }) with { Regression = new ControlRegression { Ridge = 0 } };
        Assert.AreEqual(options, OptionsJson.Read(OptionsJson.Write(options)));
        using var one = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        using var other = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(others));
        using var stream = new MemoryStream();
        ml.Model.Save(other, ml.Data.LoadFromEnumerable(rows).Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
        Assert.AreEqual(options.Regression, loaded.Options.Regression);
        List<ScoredRow> expected = Score(ml, one, rows), actual = Score(ml, other, others), again = Score(ml, loaded, others);
        for (int i = 0; i < rows.Count; i++)
        {
            CollectionAssert.AreEqual(actual[i].Forecast, again[i].Forecast);
            for (int k = 0; k < 2 * Horizon; k++)
                Assert.AreEqual(expected[i].Forecast[k] + slope[k % 2] * rows[i].Actions[rows[i].Steps + k / 2], actual[i].Forecast[k], 5e-3);
            for (int t = 0; t < rows[i].Steps; t++)
                Assert.AreEqual(expected[i].LogLikelihood[t], actual[i].LogLikelihood[t], 5e-3);
        }

        var plain = options with { Regression = null };
        var data = ml.Data.LoadFromEnumerable(rows);
        foreach (var (tuned, fault) in new[] { (plain with { InitialModel = one }, "Regression is not set, but InitialModel has one"),
            (options with { Regression = new ControlRegression { Lags = 1 } }, "1 lags of 2 numbers are 2 controls, but there are 1") })
            StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => ml.StateSpace.Trainers.DeepMarkov(tuned).Fit(data).Dispose()).Message, fault);
        AssertRefused(options with { Standardisation = StandardisationMode.Off }, "Regression is a part of the standardisation");
        AssertRefused(options with { Regression = new ControlRegression { Ridge = -1 } }, "Regression.Ridge is -1");
        AssertRefused(options with { ControlColumnName = null, ControlSize = null }, "Regression is set, but there are no controls");
    }

    [TestMethod]
    public void WhatDoesNotFitIsRefusedByName()
    {
        var ml = new MLContext();
        var options = Options(new Conditioning { TimeGap = true });
        AssertRefused(options with { ControlColumnName = null, ControlSize = null }, "Generative reads controls; set ControlColumnName or StaticColumnName.");
        AssertRefused(options with { TimeColumnName = null }, "Generative reads the time gap; set TimeColumnName.");
        AssertRefused(options with { Generative = new DeepMarkovModel() }, "ControlColumnName is set, but Generative does not read controls");
        AssertRefused(options with { Generative = new DeepMarkovModel { Conditioning = new Conditioning() } }, "TimeColumnName is set, but Generative does not read times");
        AssertRefused(options with { ControlSize = 0 }, "ControlSize is 0; it must be at least 1.");

        var rows = Make(12);
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        foreach (string missing in new[] { "Actions", "Clock" })
        {
            var without = ml.Transforms.SelectColumns([.. new[] { "Name", "Observations", "Mask", "Actions", "Clock" }.Except([missing])])
                .Fit(ml.Data.LoadFromEnumerable(rows)).Transform(ml.Data.LoadFromEnumerable(rows));
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.Transform(without)).Message, $"no column '{missing}'");
        }
    }

    [TestMethod]
    public void RowsWhoseInputsFallShortAreNamed()
    {
        var ml = new MLContext();
        var rows = Make(12);
        using var model = ml.StateSpace.Trainers.DeepMarkov(Options(new Conditioning { TimeGap = true })).Fit(ml.Data.LoadFromEnumerable(rows));
        // Without the plan there is no forecast, but everything else is there.
        rows[3].Actions = rows[3].Actions[..rows[3].Steps];
        var view = model.Transform(ml.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(12, view.GetColumn<float[]>("FilteredMean").Count());
        StringAssert.Contains(Message(() => view.GetColumn<float[]>("Forecast").Count()),
            $"2 steps after the first {rows[3].Steps} need controls for {rows[3].Steps + 2} steps, but there are {rows[3].Steps}");
        AssertRow(ml, model, r => r.Actions = r.Actions[..^(Horizon + 1)], "row 3 ('row 3'), column 'Actions'", "there are controls for");
        AssertRow(ml, model, r => r.Clock = r.Clock[..^(Horizon + 1)], "row 3 ('row 3'), column 'Clock'", "times, but");
        AssertRow(ml, model, r => r.Actions[1] = float.NaN, "row 3 ('row 3'), column 'Actions'", "the control is NaN");
        AssertRow(ml, model, r => r.Clock[2] = -1, "row 3 ('row 3'), column 'Clock'", "times must be finite and must not fall");
    }

    [TestMethod]
    public void NetworksOnNetworksTrainAndAreSaved()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(20));
        var forward = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 6 };
        InferenceNetwork[] networks =
        [
            new FlowInference { Base = new PriorProductInference { Base = new StructuredInference { HiddenSize = 6 } }, Conditional = true, HiddenSize = 8 },
            new FlowInference { Base = new IterativeInference { HiddenSize = 8 }, HiddenSize = 8 },
            new PriorProductInference { Base = new MeanFieldInference { Direction = Direction.Both, HiddenSize = 6 } },
        ];
        foreach (var network in networks)
        {
            var options = Rows.Options(epochs: 1) with { Inference = network, FilteringProposal = new FilteringProposal { Network = new FlowInference { Base = forward, HiddenSize = 8 }, Epochs = 1 } };
            Assert.AreEqual(options, OptionsJson.Read(OptionsJson.Write(options)));
            using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
            using var stream = new MemoryStream();
            ml.Model.Save(model, data.Schema, stream);
            stream.Position = 0;
            using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
            foreach (string column in new[] { "SmoothedMean", "SmoothedStd", "LogLikelihood", "Forecast" })
                foreach (var (before, after) in model.Transform(data).GetColumn<float[]>(column).Zip(loaded.Transform(data).GetColumn<float[]>(column)))
                    CollectionAssert.AreEqual(before, after);
        }
    }

    private static void AssertRow(MLContext ml, DeepMarkovTransformer model, Action<KnownRow> damage, string place, string fault)
    {
        var rows = Make(12);
        damage(rows[3]);
        string message = Message(() => model.Transform(ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("FilteredMean").Count());
        StringAssert.Contains(message, place);
        StringAssert.Contains(message, fault);
    }

    private static string Message(Action action) => Assert.Throws<Exception>(action).ToString();

    private static void AssertRefused(DeepMarkovTrainer.Options options, string sentence) =>
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(options.Check).Message, sentence);

    private static List<ScoredRow> Score(MLContext ml, ITransformer model, List<KnownRow> rows) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

    private static KnownRow Change(KnownRow row, int step)
    {
        float[] actions = [.. row.Actions];
        actions[step] += 2;
        return new KnownRow { Name = row.Name, Observations = row.Observations, Mask = row.Mask, Clock = row.Clock, Actions = actions };
    }

    private static DeepMarkovTrainer.Options Options(Conditioning conditioning)
    {
        var options = Rows.Options(epochs: 1);
        return options with
        {
            Horizon = Horizon,
            ControlColumnName = "Actions",
            ControlSize = 1,
            TimeColumnName = "Clock",
            Generative = (DeepMarkovModel)options.Generative with { Conditioning = conditioning },
        };
    }

    // The last step of every row is observed, so that the length is the row's.
    private static List<KnownRow> Make(int count)
    {
        var random = new Random(6);
        return [.. Rows.Make(count).Select(row =>
        {
            row.Mask[^1] = true;
            double clock = 0;
            return new KnownRow
            {
                Name = row.Name,
                Observations = row.Observations,
                Mask = row.Mask,
                Actions = [.. Enumerable.Range(0, row.Mask.Length + Horizon).Select(_ => (float)random.NextDouble())],
                Clock = [.. Enumerable.Range(0, row.Mask.Length + Horizon).Select(_ => clock += random.NextDouble())],
            };
        })];
    }

    private sealed class KnownRow
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public bool[] Mask { get; set; } = [];

        public float[] Actions { get; set; } = [];

        public double[] Clock { get; set; } = [];

        internal int Steps => Mask.Length;
    }
}
