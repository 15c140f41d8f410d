using Microsoft.ML.StateSpace.Trainers;
using static Microsoft.ML.StateSpace.Tests.Trainers.ColumnValues;
using static Microsoft.ML.StateSpace.Tests.Trainers.ContractRows;
using static Microsoft.ML.StateSpace.Tests.Trainers.Schemas;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>What ML.NET asks of an estimator: the schema promised is the one delivered, annotations included; what is saved comes back
/// the same; rows and views agree; wrong columns are refused by name.</summary>
[TestClass]
public class EstimatorContract
{
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

    private static void AssertRefuses(Action action, string column) =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(action).Message, $"'{column}'");
}
