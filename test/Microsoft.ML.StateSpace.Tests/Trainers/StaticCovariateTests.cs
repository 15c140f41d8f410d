using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Numbers that hold for a whole sequence: controls that stay.</summary>
[TestClass]
public class StaticCovariateTests
{
    private const int Steps = 6, Horizon = 2;

    private static readonly DeepMarkovTrainer.Options s_options = Rows.Options(epochs: 2) with
    {
        ObservationSize = 1,
        MaskColumnName = null,
        Horizon = Horizon,
        Generative = new DeepMarkovModel
        {
            LatentSize = 2, Transition = new GatedTransition { HiddenSize = 6 }, Emission = new GaussianEmission { HiddenSize = 6 },
            Conditioning = new Conditioning { InitialPrior = true },
        },
    };

    /// <summary>A static column is the same covariates written at every step, past and to come; to the last bit.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AStaticColumnIsAControlColumnThatRepeatsIt(bool besideControls)
    {
        var ml = new MLContext();
        var rows = Make(24);
        var data = ml.Data.LoadFromEnumerable(rows);
        var written = s_options with { Standardisation = StandardisationMode.Off, ControlColumnName = besideControls ? "All" : "Repeated", ControlSize = besideControls ? 3 : 2 };
        var stated = s_options with
        {
            Standardisation = StandardisationMode.Off, StaticColumnName = "Traits", StaticSize = 2,
            ControlColumnName = besideControls ? "Actions" : null, ControlSize = besideControls ? 1 : null,
        };
        Assert.AreEqual(stated, OptionsJson.Read(OptionsJson.Write(stated)));
        using var expected = ml.StateSpace.Trainers.DeepMarkov(written).Fit(data);
        using var actual = ml.StateSpace.Trainers.DeepMarkov(stated).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(actual, data.Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)ml.Model.Load(stream, out _);
        foreach (string column in new[] { "SmoothedMean", "LogLikelihood", "Forecast", "ForecastUpper" })
            foreach (var (a, b) in expected.Transform(data).GetColumn<float[]>(column).Zip(loaded.Transform(data).GetColumn<float[]>(column)))
                CollectionAssert.AreEqual(a, b);
        // A given plan replaces the controls and leaves the covariates.
        var plan = ml.Data.LoadFromEnumerable(rows.Select(r => new Known { SequenceId = r.Name, Actions = r.Actions[^Horizon..], Traits = r.Traits }));
        if (besideControls)
            CollectionAssert.AreEqual(ml.StateSpace.Forecast(loaded, data).GetColumn<float[]>("ForecastMean").First(),
                ml.StateSpace.Forecast(loaded, data, controls: plan).GetColumn<float[]>("ForecastMean").First());
        // Another covariate moves all that follows.
        var others = ml.Data.LoadFromEnumerable(rows.Select(r => r.With([r.Traits[0] + 1, r.Traits[1]])));
        CollectionAssert.AreNotEqual(loaded.Transform(data).GetColumn<float[]>("Forecast").First(), loaded.Transform(others).GetColumn<float[]>("Forecast").First());
    }

    /// <summary>Sequences of which nothing but a covariate tells where they go: its forecast is right from the first step.</summary>
    [TestMethod]
    public void ALinearModelLearnsWhatACovariateDoes()
    {
        var ml = new MLContext();
        var random = new Random(5);
        List<Series> rows = [.. Enumerable.Range(0, 300).Select(i =>
        {
            float slope = i % 5 - 2;
            return new Series { Name = $"{i}", Level = 10 * slope + 50, Observations = [.. Enumerable.Range(0, Steps).Select(t => slope * t + 0.1f * (float)random.NextDouble())] };
        })];
        var options = new DeepMarkovTrainer.Options
        {
            ObservationSize = 1, StaticColumnName = "Level", Horizon = 3, Generative = new LinearGaussianModel { LatentSize = 2, Controls = true },
            Inference = new ExactInference(), Bound = new ExpectationMaximization(), Epochs = 60, BatchSize = 300,
        };
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(50, model.Scaling!.Controls!.Mean[0], 2);
        // One step is seen, at which all are alike.
        var starts = ml.Data.LoadFromEnumerable(rows.Take(5).Select(r => new Series { Level = r.Level, Observations = [0.05f] }));
        float[][] forecasts = [.. model.Transform(starts).GetColumn<float[]>("Forecast")];
        for (int i = 0; i < 5; i++)
            for (int h = 1; h <= 3; h++)
                Assert.AreEqual((i % 5 - 2) * h + 0.05, forecasts[i][h - 1], 0.25, $"covariate {i}, {h} steps ahead");
        // From nothing, the covariates must be given; a row for each, or one for all.
        var one = new SampleOptions { Samples = 2, Length = 4 };
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => ml.StateSpace.Sample(model, one).GetColumn<int>("Sample").Count()).Message, "'Level'");
        var given = ml.Data.LoadFromEnumerable(new[] { new Series { Level = 70 } });
        float[][] drawn = [.. ml.StateSpace.Sample(model, one with { Mode = SampleMode.Mean }, controls: given).GetColumn<float[]>("Observations")];
        Assert.AreEqual(6, drawn[0][3], 0.4);
    }

    [TestMethod]
    public void NumbersOfEveryTypeAreRead()
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(new[] { new Typed { Observations = [1, 2], Single = 1.5f, Double = 2.5, Int = 3, Long = 4, Flag = true, Flags = [true, false], Numbers = [5, 6] } });
        float[] Read(string column, int? size = null) => SequenceBinding.ReadAll(rows,
            new SequenceColumns("Observations", ObservationSize: 1, Static: column, StaticSize: size))[0].Inputs.ControlsOf(1).ToArray();
        foreach (var (column, value) in new[] { ("Single", 1.5f), ("Double", 2.5f), ("Int", 3), ("Long", 4), ("Flag", 1) })
            CollectionAssert.AreEqual(new[] { value }, Read(column));
        CollectionAssert.AreEqual(new float[] { 1, 0 }, Read("Flags", 2));
        CollectionAssert.AreEqual(new float[] { 5, 6 }, Read("Numbers"));
    }

    [TestMethod]
    public void AParquetFileHoldsThemAsNumbersOrLists()
    {
        var ml = new MLContext();
        var rows = Make(6);
        string path = Path.Combine(Path.GetTempPath(), $"statics-{Guid.NewGuid():n}.parquet");
        try
        {
            ParquetSequenceWriter.Write(ml.Data.LoadFromEnumerable(rows), path);
            var data = ml.StateSpace.Data.LoadFromParquet(path);
            var lists = SequenceBinding.ReadAll(data, new SequenceColumns("Observations", ObservationSize: 1, Static: "Traits", StaticSize: 2));
            var numbers = SequenceBinding.ReadAll(data, new SequenceColumns("Observations", ObservationSize: 1, Static: "Age"));
            for (int i = 0; i < rows.Count; i++)
            {
                CollectionAssert.AreEqual(rows[i].Traits, lists[i].Inputs.ControlsOf(0).ToArray());
                Assert.AreEqual(rows[i].Age, numbers[i].Inputs.ControlsOf(Steps + 5)[0]);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void WhatDoesNotFitIsRefusedByName()
    {
        var ml = new MLContext();
        AssertRefused(s_options with { StaticColumnName = "Traits", StaticSize = 0 }, "StaticSize is 0; it must be at least 1.");
        AssertRefused(s_options with { ControlColumnName = "Actions", StaticSize = 2 }, "StaticSize is set, but StaticColumnName is not.");
        AssertRefused(s_options with { StaticColumnName = "Traits", Generative = new DeepMarkovModel() }, "StaticColumnName is set, but Generative does not read controls");
        AssertRefused(s_options, "Generative reads controls; set ControlColumnName or StaticColumnName.");

        var rows = Make(8);
        var data = ml.Data.LoadFromEnumerable(rows);
        var options = s_options with { StaticColumnName = "Traits", StaticSize = 2 };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.StateSpace.Trainers.DeepMarkov(options with { StaticSize = null }).Fit(data)).Message, "set StaticSize");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.StateSpace.Trainers.DeepMarkov(options with { StaticColumnName = "Name" }).Fit(data)).Message, "it must be a number, or a vector");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.StateSpace.Trainers.DeepMarkov(options with { StaticColumnName = "Age" }).Fit(data)).Message, "holds 1 number; StaticSize is 2");
        rows[3].Traits = [1, float.NaN];
        string message = Assert.ThrowsExactly<SequenceFormatException>(() => ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows))).Message;
        StringAssert.Contains(message, "row 3 ('3'), column 'Traits'");
        StringAssert.Contains(message, "static covariate 1 (counted from 0) is NaN");
        rows[3].Traits = [1];
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows))).Message,
            "column 'Traits': there are 1 static covariates; there must be 2");
    }

    private static void AssertRefused(DeepMarkovTrainer.Options options, string sentence) =>
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(options.Check).Message, sentence);

    private static List<Person> Make(int count)
    {
        var random = new Random(6);
        return [.. Enumerable.Range(0, count).Select(i => new Person
        {
            Name = $"{i}",
            Age = 20 + i,
            Observations = [.. Enumerable.Range(0, Steps).Select(_ => (float)random.NextDouble())],
            Actions = [.. Enumerable.Range(0, Steps + Horizon).Select(_ => (float)random.NextDouble())],
        }.With([(float)random.NextDouble(), i % 2]))];
    }

    private sealed class Person
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Actions { get; set; } = [];

        public float[] Traits { get; set; } = [];

        public float[] Repeated { get; set; } = [];

        public float[] All { get; set; } = [];

        public int Age { get; set; }

        /// <summary>The person with other traits, written out for every step too.</summary>
        public Person With(float[] traits) => new()
        {
            Name = Name,
            Age = Age,
            Observations = Observations,
            Actions = Actions,
            Traits = traits,
            Repeated = [.. Enumerable.Repeat(traits, Actions.Length).SelectMany(t => t)],
            All = [.. Actions.SelectMany(a => (float[])[a, .. traits])],
        };
    }

    private sealed class Known
    {
        public string SequenceId { get; set; } = "";

        public float[] Actions { get; set; } = [];

        public float[] Traits { get; set; } = [];
    }

    private sealed class Series
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float Level { get; set; }
    }

    private sealed class Typed
    {
        public float[] Observations { get; set; } = [];

        public float Single { get; set; }

        public double Double { get; set; }

        public int Int { get; set; }

        public long Long { get; set; }

        public bool Flag { get; set; }

        public bool[] Flags { get; set; } = [];

        [VectorType(2)]
        public float[] Numbers { get; set; } = [];
    }
}
