using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Training and test rows, folds, and parts of sequences.</summary>
[TestClass]
public class SplitTests
{
    private static readonly MLContext s_ml = new(seed: 1);

    [TestMethod]
    [DataRow(0.25)]
    [DataRow(0.01)]
    [DataRow(0.99)]
    public void WindowsOfASeriesNeverStraddle(double fraction)
    {
        var data = Windows(20, 5);
        var split = s_ml.StateSpace.Data.TrainTestSplit(data, fraction, "Series", seed: 3);
        string[] train = [.. split.Train.GetColumn<string>("Series")], test = [.. split.Test.GetColumn<string>("Series")];
        Assert.AreEqual(100, train.Length + test.Length);
        Assert.HasCount(0, train.Intersect(test).ToList());
        Assert.AreEqual(Math.Clamp(fraction * 100, 5, 95), test.Length, "as near as whole series come, and at least one on each side");
        Assert.AreEqual((train.Length, test.Length), ((int)split.Train.GetRowCount()!, (int)split.Test.GetRowCount()!));
        CollectionAssert.AreEqual(test, s_ml.StateSpace.Data.TrainTestSplit(data, fraction, "Series", seed: 3).Test.GetColumn<string>("Series").ToArray(), "the seed decides");
        if (fraction == 0.25)
            CollectionAssert.AreNotEqual(test, s_ml.StateSpace.Data.TrainTestSplit(data, fraction, "Series", seed: 4).Test.GetColumn<string>("Series").ToArray());
    }

    [TestMethod]
    public void EveryRowIsInOneFoldAndFoldsAreEven()
    {
        var data = Windows(13, 3);
        var folds = s_ml.StateSpace.Data.CrossValidationSplit(data, 4, "Series");
        int[][] tested = [.. folds.Select(f => f.Test.GetColumn<int>("Window").ToArray())];
        CollectionAssert.AreEqual(Enumerable.Range(0, 39).ToArray(), tested.SelectMany(t => t).Order().ToArray());
        Assert.IsLessThanOrEqualTo(3, tested.Max(t => t.Length) - tested.Min(t => t.Length));
        foreach (var (fold, test) in folds.Zip(tested))
        {
            CollectionAssert.AreEqual(Enumerable.Range(0, 39).Except(test).ToArray(), fold.Train.GetColumn<int>("Window").ToArray());
            Assert.HasCount(0, fold.Test.GetColumn<string>("Series").Intersect(fold.Train.GetColumn<string>("Series")).ToList());
        }
        Assert.AreEqual(39, s_ml.StateSpace.Data.CrossValidationSplit(data, 39).Sum(f => (int)f.Test.GetRowCount()!), "every row by itself");
    }

    [TestMethod]
    public void SplitsThatCannotBeAreNamed()
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => s_ml.StateSpace.Data.CrossValidationSplit(Windows(3, 5), 4, "Series")).Message,
            "15 rows in 3 groups of column 'Series'; 4 groups are the least");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => s_ml.StateSpace.Data.TrainTestSplit(Windows(3, 5), 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => s_ml.StateSpace.Data.TrainTestSplit(Windows(3, 5), 0.5, "Nothing"));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => s_ml.StateSpace.Data.CrossValidationSplit(Windows(3, 5), 1));
    }

    [TestMethod]
    public void PartsOfSequencesKeepTheirInputsAndGaps()
    {
        const float Missing = float.NaN;
        var columns = new SequenceColumns("X", SequenceId: "Name", ObservationSize: 2, Controls: "U", ControlSize: 1, Times: "When");
        var data = s_ml.Data.LoadFromEnumerable(new[]
        {
            new Timed { Name = "a", X = [1, 2, 3, Missing, 5, 6, Missing, Missing, 9, 10], U = [0, 1, 2, 3, 4, 5], When = [0, 1, 3, 6, 10] },
            new Timed { Name = "b", X = [1, 2, 3, 4], U = [7, 8], When = [0, 1] },
        });
        var split = s_ml.StateSpace.Data.SplitAtStep(data, columns, 3, context: 1);
        var train = Read(split.Train);
        Assert.AreEqual("a: 1 2 3 NaN 5 6 | 0 1 2 3 4 5 | 0 1 3 6 10; b: 1 2 3 4 | 7 8 | 0 1", string.Join("; ", train));
        Assert.AreEqual("a: 5 6 NaN NaN 9 10 | 2 3 4 5 | 3 6 10", string.Join("; ", Read(split.Test)));
        var half = s_ml.StateSpace.Data.SplitInTime(data, columns, 0.5);
        Assert.AreEqual("a: 1 2 3 NaN 5 6 | 0 1 2 3 4 5 | 0 1 3 6 10; b: 1 2 | 7 8 | 0 1", string.Join("; ", Read(half.Train)));
        Assert.AreEqual("a: NaN NaN 9 10 | 3 4 5 | 6 10; b: 3 4 | 8 | 1", string.Join("; ", Read(half.Test)));
        Assert.HasCount(2, SequenceBinding.ReadAll(half.Train, columns));
        CollectionAssert.AreEqual(new[] { "Name", "X", "U", "When" }, half.Test.Schema.Select(c => c.Name).ToArray(), "only what the columns name");
    }

    [TestMethod]
    public void ATrainerIsCrossValidatedByGroups()
    {
        var rows = Rows.Make(12);
        for (int i = 0; i < rows.Count; i++)
            rows[i].Name = $"series {i / 3}";
        var data = s_ml.Data.LoadFromEnumerable(rows);
        var trainer = s_ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1));
        var options = new CrossValidationOptions { Folds = 2, KeepModels = true, Evaluation = new EvaluationOptions { Particles = 10 } };
        var folds = s_ml.StateSpace.CrossValidate(trainer, data, options);
        Assert.AreEqual("0:6 1:6", string.Join(" ", folds.Select(f => $"{f.Fold}:{f.Metrics.Sequences}")));
        var splits = s_ml.StateSpace.Data.CrossValidationSplit(data, 2, "Name");
        for (int i = 0; i < 2; i++)
        {
            using var model = folds[i].Model!;
            var again = s_ml.StateSpace.Evaluate(model, splits[i].Test, options.Evaluation);
            Assert.AreEqual(again.Elbo.PerStep, folds[i].Metrics.Elbo.PerStep, 1e-9);
        }
        Assert.IsNull(s_ml.StateSpace.CrossValidate(trainer, data, options with { KeepModels = false })[0].Model);
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => s_ml.StateSpace.CrossValidate(trainer, data, options with { Folds = 1 })).Message, "Folds is 1");
    }

    private static List<string> Read(IDataView view) => [.. s_ml.Data.CreateEnumerable<Timed>(view, reuseRowObject: false).Select(r =>
        $"{r.Name}: {string.Join(" ", r.X)} | {string.Join(" ", r.U)} | {string.Join(" ", r.When)}")];

    private static IDataView Windows(int series, int each) => s_ml.Data.LoadFromEnumerable(
        Enumerable.Range(0, series * each).Select(i => new Window { Series = $"series {i % series}", Number = i }).ToList());

    private sealed class Window
    {
        public string Series { get; set; } = "";

        [ColumnName("Window")]
        public int Number { get; set; }
    }

    private sealed class Timed
    {
        public string Name { get; set; } = "";

        public float[] X { get; set; } = [];

        public float[] U { get; set; } = [];

        public double[] When { get; set; } = [];
    }
}
