using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>What ML.NET asks of an estimator: the schema promised is the one delivered, annotations included; what is saved comes back
/// the same; rows and views agree; wrong columns are refused by name.</summary>
[TestClass]
public class EstimatorContract
{
    private const int Steps = 5, Horizon = 2;

    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void FixedSize() => AssertHolds(Options() with { ObservationSize = null }, _ml.Data.LoadFromEnumerable(Fixed(12)));

    [TestMethod]
    public void VariableSize() => AssertHolds(Options(), _ml.Data.LoadFromEnumerable(Ragged(12)));

    [TestMethod]
    public void WithMaskControlsTimesAndPaths() => AssertHolds(Driven(), _ml.Data.LoadFromEnumerable(Ragged(12)));

    [TestMethod]
    public void FixedSizeWithMaskControlsTimesAndPaths() =>
        AssertHolds(Driven() with { ObservationSize = null, ControlSize = null, Quantiles = [] }, _ml.Data.LoadFromEnumerable(Fixed(12)));

    [TestMethod]
    public void BehindAnotherModel()
    {
        var first = _ml.StateSpace.Trainers.DeepMarkov(Options());
        var data = first.Fit(_ml.Data.LoadFromEnumerable(Fixed(12))).Transform(_ml.Data.LoadFromEnumerable(Fixed(12)));
        // The steps are known by the type of what the first one imputed.
        AssertHolds(Options() with { ObservationColumnName = "Imputed", ObservationSize = null, MaskColumnName = null }, data);
    }

    [TestMethod]
    public void WrongTypesAreRefusedByTheColumnsName()
    {
        var data = _ml.Data.LoadFromEnumerable(Ragged(4));
        foreach (var (options, column) in new[]
        {
            (Options() with { ObservationColumnName = "Nothing" }, "Nothing"),
            (Options() with { ObservationColumnName = "Name" }, "Name"),
            (Options() with { ObservationColumnName = "Level" }, "Level"),
            (Options() with { MaskColumnName = "Level" }, "Level"),
            (Options() with { SequenceIdColumnName = "Observations" }, "Observations"),
            (Driven() with { ControlColumnName = "Mask" }, "Mask"),
            (Driven() with { TimeColumnName = "Name" }, "Name"),
        })
        {
            var trainer = _ml.StateSpace.Trainers.DeepMarkov(options);
            AssertRefuses(() => trainer.GetOutputSchema(Shape(data.Schema)), column);
            AssertRefuses(() => trainer.Fit(data), column);
        }
        using var model = _ml.StateSpace.Trainers.DeepMarkov(Driven()).Fit(_ml.Data.LoadFromEnumerable(Ragged(12)));
        var other = _ml.Data.LoadFromEnumerable(Rows.Make(4));
        AssertRefuses(() => model.GetOutputSchema(other.Schema), "Actions");
        AssertRefuses(() => model.Transform(other), "Actions");
        AssertRefuses(() => model.GetRowToRowMapper(other.Schema), "Actions");
    }

    [TestMethod]
    public void SlotsAreNamedByStepAndComponent()
    {
        using var model = _ml.StateSpace.Trainers.DeepMarkov(Driven() with { ObservationSize = null, ControlSize = null }).Fit(_ml.Data.LoadFromEnumerable(Fixed(12)));
        var schema = model.GetOutputSchema(_ml.Data.LoadFromEnumerable(Fixed(1)).Schema);
        CollectionAssert.AreEqual(new[] { "t1.z0", "t1.z1", "t1.z2", "t2.z0" }, Slots(schema["SmoothedMean"])[..4]);
        CollectionAssert.AreEqual(new[] { "t1", "t2", "t3", "t4", "t5" }, Slots(schema["AnomalyScore"]));
        CollectionAssert.AreEqual(new[] { "t1.x0", "t1.x1", "t2.x0" }, Slots(schema["Imputed"])[..3]);
        CollectionAssert.AreEqual(new[] { "h1.x0", "h1.x1", "h2.x0", "h2.x1" }, Slots(schema["Forecast"]));
        CollectionAssert.AreEqual(new[] { "q0.1.h1.x0", "q0.1.h1.x1", "q0.1.h2.x0", "q0.1.h2.x1", "q0.5.h1.x0" }, Slots(schema["ForecastQuantiles"])[..5]);
        Assert.AreEqual("path3.h2.x1", Slots(schema["ForecastPaths"])[^1]);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3, Horizon, 2), schema["ForecastQuantiles"].Type);
        Assert.AreEqual(NumberDataViewType.Single, schema["SequenceLogLikelihood"].Type);

        // Of rows of any length only the forecasts have slots.
        var ragged = model.GetOutputSchema(_ml.Data.LoadFromEnumerable(Ragged(1)).Schema);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 0, 2), ragged["Imputed"].Type);
        Assert.IsFalse(ragged["Imputed"].HasSlotNames());
        Assert.IsTrue(ragged["Forecast"].HasSlotNames());
    }

    [TestMethod]
    public void ForecastsAreNamedAsTheObservationsAre()
    {
        var chain = _ml.Transforms.Concatenate("Observations", "Level", "Slope").Append(_ml.StateSpace.Trainers.DeepMarkov(Options() with { MaskColumnName = null }));
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 12).Select(i => new Pair { Name = $"pair {i}", Level = i % 5, Slope = -i % 3 }).ToList());
        var schema = chain.Fit(data).GetOutputSchema(data.Schema);
        CollectionAssert.AreEqual(new[] { "h1.Level", "h1.Slope", "h2.Level", "h2.Slope" }, Slots(schema["Forecast"]));
        CollectionAssert.AreEqual(new[] { "t1.Level", "t1.Slope" }, Slots(schema["Imputed"]));
        Assert.AreEqual("AnomalyDetection", Text(schema["AnomalyScore"], "ScoreColumnKind"));
        Assert.AreEqual("Probability", Text(schema["AnomalyScore"], "ScoreValueKind"));
        Assert.AreEqual("QuantileRegression", Text(schema["ForecastLower"], "ScoreColumnKind"));
        Assert.AreEqual("MultiOutputRegression", Text(schema["Forecast"], "ScoreColumnKind"));
        Assert.AreEqual(1u, SetId(schema["Forecast"]));
        var forecast = _ml.StateSpace.Forecast(chain.Fit(data), data, new StateSpace.Scoring.ForecastOptions { Paths = 2 }).Schema;
        CollectionAssert.AreEqual(new[] { "h1.Level", "h1.Slope", "h2.Level", "h2.Slope" }, Slots(forecast["Quantile_0.1"]));
        Assert.AreEqual("path2.h2.Slope", Slots(forecast["Paths"])[^1]);
        Assert.AreEqual("QuantileRegression", Text(forecast["Quantile_0.5"], "ScoreColumnKind"));
        // A second model's scores are a second set.
        var second = chain.Append(_ml.StateSpace.Trainers.DeepMarkov(Options() with { MaskColumnName = null })).Fit(data).GetOutputSchema(data.Schema);
        Assert.AreEqual(2u, SetId(second["Forecast"]));
        CollectionAssert.AreEqual(new[] { "h1.Level", "h1.Slope", "h2.Level", "h2.Slope" }, Slots(second["Forecast"]));
    }

    [TestMethod]
    public void ScoresGoOnThroughOtherTransforms()
    {
        var data = _ml.Data.LoadFromEnumerable(Fixed(12));
        var model = _ml.Transforms.CopyColumns("Values", "Observations")
            .Append(_ml.StateSpace.Trainers.DeepMarkov(Options() with { ObservationColumnName = "Values", ObservationSize = null }))
            .Append(_ml.Transforms.Concatenate("Features", "Forecast", "SequenceLogLikelihood"))
            .Append(_ml.Transforms.SelectColumns("Name", "Features", "AnomalyScore"))
            .Fit(data);
        var scored = model.Transform(data);
        string[] slots = Slots(scored.Schema["Features"]);
        CollectionAssert.AreEqual(new[] { "Forecast.h1.x0", "SequenceLogLikelihood" }, new[] { slots[0], slots[^1] });
        float[][] features = [.. scored.GetColumn<float[]>("Features")];
        Assert.IsTrue(features.Length == 12 && features.All(f => f.Length == 5 && f.All(float.IsFinite)));
        using var engine = _ml.Model.CreatePredictionEngine<FixedRow, Features>(model);
        foreach (var (row, batch) in Fixed(12).Zip(features))
            foreach (var (a, b) in batch.Zip(engine.Predict(row).Values))
                Assert.AreEqual(a, b, 1e-5 * Math.Max(1, Math.Abs(a)));
    }

    private void AssertHolds(DeepMarkovTrainer.Options options, IDataView data)
    {
        var trainer = _ml.StateSpace.Trainers.DeepMarkov(options);
        var promised = trainer.GetOutputSchema(Shape(data.Schema));
        using var model = trainer.Fit(data);
        using var loaded = Reload(model, data.Schema);
        var schema = model.GetOutputSchema(data.Schema);
        AssertSame(promised, Shape(schema), "the shape");
        var (scored, again) = (model.Transform(data), loaded.Transform(data));
        foreach (var other in new[] { loaded.GetOutputSchema(data.Schema), scored.Schema, again.Schema, model.GetRowToRowMapper(data.Schema).OutputSchema })
            AssertSame(schema, other);
        foreach (var column in schema.Where(c => !c.IsHidden))
        {
            object[] values = Column(scored, column.Name), after = Column(again, column.Name), alone = ByRow(model, data, column.Name);
            for (int i = 0; i < values.Length; i++)
            {
                AssertEqual(values[i], after[i], 0, column.Name);
                AssertEqual(values[i], alone[i], 1e-5, column.Name);
            }
        }
    }

    private DeepMarkovTransformer Reload(DeepMarkovTransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        _ml.Model.Save(model, schema, stream);
        stream.Position = 0;
        return (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
    }

    // Scored row by row, asking for one column only.
    private static object[] ByRow(DeepMarkovTransformer model, IDataView data, string name)
    {
        var mapper = model.GetRowToRowMapper(data.Schema);
        var column = mapper.OutputSchema[name];
        using var cursor = data.GetRowCursor(mapper.GetDependencies([column]));
        using var row = mapper.GetRow(cursor, [column]);
        var read = Reader(row, column);
        var values = new List<object>();
        while (cursor.MoveNext())
            values.Add(read());
        return [.. values];
    }

    private static object[] Column(IDataView view, string name)
    {
        using var cursor = view.GetRowCursor([view.Schema[name]]);
        Assert.AreEqual(1, view.Schema.Count(cursor.IsColumnActive));
        var read = Reader(cursor, view.Schema[name]);
        var values = new List<object>();
        while (cursor.MoveNext())
            values.Add(read());
        return [.. values];
    }

    private static Func<object> Reader(DataViewRow row, DataViewSchema.Column column) =>
        (Func<object>)typeof(EstimatorContract).GetMethod(nameof(ReaderOf), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column])!;

    private static Func<object> ReaderOf<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            var value = default(T)!;
            getter(ref value);
            return value switch
            {
                VBuffer<float> numbers => numbers.DenseValues().Select(v => (double)v).ToArray(),
                VBuffer<double> numbers => numbers.DenseValues().ToArray(),
                VBuffer<bool> flags => flags.DenseValues().Select(v => v ? 1.0 : 0).ToArray(),
                float number => new double[] { number },
                _ => $"{value}",
            };
        };
    }

    private static void AssertEqual(object expected, object actual, double tolerance, string column)
    {
        if (expected is not double[] a || actual is not double[] b)
        {
            Assert.AreEqual(expected, actual, column);
            return;
        }
        Assert.AreEqual(a.Length, b.Length, column);
        for (int i = 0; i < a.Length; i++)
            Assert.IsTrue(a[i].Equals(b[i]) || Math.Abs(a[i] - b[i]) <= tolerance * Math.Max(1, Math.Abs(a[i])), $"{column}[{i}]: {a[i]} and {b[i]}");
    }

    private static void AssertSame(DataViewSchema expected, DataViewSchema actual)
    {
        Assert.AreEqual(expected.Count, actual.Count);
        foreach (var (a, b) in expected.Zip(actual))
        {
            Assert.AreEqual((a.Name, a.Type, a.IsHidden), (b.Name, b.Type, b.IsHidden));
            CollectionAssert.AreEqual(a.Annotations.Schema.Select(c => (c.Name, c.Type)).ToArray(), b.Annotations.Schema.Select(c => (c.Name, c.Type)).ToArray(), a.Name);
            if (a.HasSlotNames())
                CollectionAssert.AreEqual(Slots(a), Slots(b), a.Name);
            if (a.Annotations.Schema.GetColumnOrNull("ScoreColumnSetId") is not null)
                Assert.AreEqual((SetId(a), Text(a, "ScoreColumnKind"), Text(a, "ScoreValueKind")), (SetId(b), Text(b, "ScoreColumnKind"), Text(b, "ScoreValueKind")));
        }
    }

    // Stricter than ML.NET, which lets a promise hold less than what is delivered.
    private static void AssertSame(SchemaShape expected, SchemaShape actual, string place)
    {
        CollectionAssert.AreEqual(expected.Select(c => c.Name).Order().ToArray(), actual.Select(c => c.Name).Order().ToArray(), place);
        foreach (var (a, b) in expected.OrderBy(c => c.Name).Zip(actual.OrderBy(c => c.Name)))
        {
            Assert.AreEqual((a.Kind, a.ItemType, a.IsKey), (b.Kind, b.ItemType, b.IsKey), $"{place}, {a.Name}");
            AssertSame(a.Annotations, b.Annotations, $"{place}, {a.Name}");
        }
    }

    private static void AssertRefuses(Action action, string column) =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(action).Message, $"'{column}'");

    // Internal in ML.NET, and what its own tests use.
    private static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [schema])!;

    private static string[] Slots(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(n => n.ToString())];
    }

    private static string Text(DataViewSchema.Column column, string kind)
    {
        ReadOnlyMemory<char> text = default;
        column.Annotations.GetValue(kind, ref text);
        return text.ToString();
    }

    private static uint SetId(DataViewSchema.Column column)
    {
        uint id = 0;
        column.Annotations.GetValue("ScoreColumnSetId", ref id);
        return id;
    }

    private static DeepMarkovTrainer.Options Options() => Rows.Options(epochs: 1);

    private static DeepMarkovTrainer.Options Driven() => Options() with
    {
        ControlColumnName = "Actions",
        ControlSize = 1,
        TimeColumnName = "Clock",
        SamplePaths = 3,
        Generative = (DeepMarkovModel)Options().Generative with { Conditioning = new Conditioning { TimeGap = true } },
    };

    private static List<RaggedRow> Ragged(int count)
    {
        var random = new Random(6);
        return [.. Rows.Make(count).Select(row => new RaggedRow
        {
            Name = row.Name,
            Observations = row.Observations,
            Mask = row.Mask,
            Actions = [.. Enumerable.Range(0, row.Mask.Length + Horizon).Select(_ => (float)random.NextDouble())],
            Clock = [.. Enumerable.Range(0, row.Mask.Length).Select(t => 2.0 * t)],
            Level = 1,
        })];
    }

    private static List<FixedRow> Fixed(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i => new FixedRow
        {
            Name = $"row {i}",
            Observations = [.. Enumerable.Range(0, Steps * 2).Select(_ => (float)random.NextDouble())],
            Mask = [.. Enumerable.Range(0, Steps).Select(t => t != i % 4)],
            Actions = [.. Enumerable.Range(0, Steps + Horizon).Select(_ => (float)random.NextDouble())],
            Clock = [.. Enumerable.Range(0, Steps).Select(t => 2.0 * t)],
        })];
    }

    private sealed class RaggedRow
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public bool[] Mask { get; set; } = [];

        public float[] Actions { get; set; } = [];

        public double[] Clock { get; set; } = [];

        public float Level { get; set; }
    }

    private sealed class FixedRow
    {
        public string Name { get; set; } = "";

        [VectorType(Steps, 2)]
        public float[] Observations { get; set; } = [];

        [VectorType(Steps)]
        public bool[] Mask { get; set; } = [];

        [VectorType(Steps + Horizon, 1)]
        public float[] Actions { get; set; } = [];

        [VectorType(Steps)]
        public double[] Clock { get; set; } = [];
    }

    private sealed class Pair
    {
        public string Name { get; set; } = "";

        public float Level { get; set; }

        public float Slope { get; set; }
    }

    private sealed class Features
    {
        [ColumnName("Features")]
        public float[] Values { get; set; } = [];
    }
}
