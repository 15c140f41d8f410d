using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Training on rows that are read anew every epoch, of which few are held in memory.</summary>
[TestClass]
public class StreamedTrainingTests
{
    private static readonly SequenceColumns s_columns = new("Observations", SequenceId: "Name", ObservationSize: 1);

    // Row i has 1 to 9 steps and holds its number in the first one.
    private static float[] Values(int row) => [row, .. Enumerable.Repeat(0.5f, row * 7 % 9)];

    private static (StreamedSet Set, StreamSurvey Survey) Stream(CountedDataView view, int pool, double share = 0)
    {
        var binding = new SequenceBinding(view.Schema, s_columns);
        var survey = StreamSurvey.Of(view, binding, share, pool, seed: 5);
        return (new StreamedSet(view, binding, survey, pool), survey);
    }

    private static int[] RowsOf(EpochUpdates epoch) => [.. epoch.Batches.SelectMany(b => b.Places)];

    [TestMethod]
    [DataRow(40, true)]
    [DataRow(40, false)]
    [DataRow(7, true)]
    [DataRow(500, true)]
    [DataRow(500, false)]
    public void EveryEpochSeesEveryRowOnceInAnotherOrder(int pool, bool canShuffle)
    {
        var view = new CountedDataView(103, Values, canShuffle);
        var (set, _) = Stream(view, pool);
        var plan = set.Plan(new TrainingOptions { BatchSize = 5 });
        var orders = new List<int[]>();
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            var updates = plan.Epoch(epoch);
            var batches = updates.Batches.ToList();
            Assert.HasCount(updates.Count, batches);
            Assert.HasCount(21, batches);
            int[] rows = [.. batches.SelectMany(b => b.Places)];
            CollectionAssert.AreEquivalent(Enumerable.Range(0, 103).ToArray(), rows);
            Assert.IsTrue(batches.All(b => b.Rows.Select(r => (int)r.Observations[0]).SequenceEqual(b.Places)));
            orders.Add(rows);
        }
        CollectionAssert.AreNotEqual(orders[0], orders[1]);
        CollectionAssert.AreNotEqual(orders[1], orders[2]);
        CollectionAssert.AreEqual(orders[1], RowsOf(plan.Epoch(2)), "an epoch is the same whenever it is asked for");
        CollectionAssert.AreEqual(orders[2], RowsOf(set.Plan(new TrainingOptions { BatchSize = 5 }).Epoch(3)), "also first of all");
        Assert.AreEqual(canShuffle ? 5 : 0, view.Shuffles);
        Assert.AreEqual(0, view.Open);
    }

    [TestMethod]
    public void APassIsInTheDatasOrderAndShufflesNothing()
    {
        var view = new CountedDataView(103, Values);
        var pass = Stream(view, 40).Set.Plan(new TrainingOptions { BatchSize = 5, ClipLength = 2, UpdatesPerEpoch = 1 }).Pass();
        var batches = pass.Batches.ToList();
        Assert.HasCount(pass.Count, batches);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 103).ToArray(), batches.SelectMany(b => b.Places).ToArray());
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 40).ToArray(), batches.Take(8).SelectMany(b => b.Places).ToArray());
        Assert.IsTrue(batches.All(b => b.Rows.Zip(b.Places).All(r => r.First.Length == Values(r.Second).Length)));
        Assert.AreEqual(0, view.Shuffles);
    }

    [TestMethod]
    [DataRow(40, null)]
    [DataRow(12, 3)]
    public void NoMoreThanThePoolAndABatchAreInMemory(int pool, int? window)
    {
        var view = new CountedDataView(600, Values);
        var (set, _) = Stream(view, pool);
        int before = view.Read, given = 0, batch = 0, most = 0;
        foreach (var update in set.Plan(new TrainingOptions { BatchSize = 4, BackpropagationSteps = window }).Epoch(1).Batches)
        {
            if (update.Window == 0)
                (given, batch) = (given + batch, update.Rows.Count);
            most = Math.Max(most, view.Read - before - given);
        }
        Assert.AreEqual(600, view.Read - before);
        Assert.IsLessThanOrEqualTo(pool + 4, most);
        Assert.IsGreaterThanOrEqualTo(pool, most, "and what may be held is held");
    }

    [TestMethod]
    public void BatchesAreOfLikeLengths()
    {
        var (set, _) = Stream(new CountedDataView(800, Values), 400);
        var batches = set.Plan(new TrainingOptions { BatchSize = 10 }).Epoch(1).Batches.ToList();
        // Eighty rows of nine lengths make eight batches: neighbours differ by a step or two.
        double spread = batches.Average(b => b.Rows.Max(r => r.Length) - b.Rows.Min(r => r.Length));
        Assert.IsLessThan(2.5, spread);
        CollectionAssert.AreNotEqual(batches.Select(b => b.Rows[0].Length).Order().ToArray(), batches.Select(b => b.Rows[0].Length).ToArray(), "in no order of lengths");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AShortEpochIsDrawnFromAllRows(bool canShuffle)
    {
        var view = new CountedDataView(2000, Values, canShuffle);
        var (set, _) = Stream(view, 100);
        var plan = set.Plan(new TrainingOptions { BatchSize = 10, UpdatesPerEpoch = 20 });
        var counts = new int[10];
        int before = view.Read;
        for (int epoch = 1; epoch <= 30; epoch++)
        {
            var updates = plan.Epoch(epoch);
            int[] rows = RowsOf(updates);
            Assert.AreEqual(20, updates.Count);
            Assert.HasCount(200, rows.Distinct());
            foreach (int row in rows)
                counts[row / 200]++;
        }
        Assert.AreEqual(30 * 200, view.Read - before, "what is not drawn is not read");
        // 6000 draws, a tenth of them from each tenth of the rows: χ² with 9 degrees of freedom is below 27.9 but once in a thousand.
        Assert.IsLessThan(27.9, counts.Sum(n => Math.Pow(n - 600, 2) / 600));
    }

    [TestMethod]
    public void AShortEpochInMemoryIsAPartOfTheWholeOne()
    {
        var sequences = Enumerable.Range(0, 60).Select(i => new Sequence(1, Values(i))).ToList();
        var options = new TrainingOptions { BatchSize = 4 };
        var whole = new EpochPlan(sequences, options).Epoch(2).Batches.ToList();
        var part = new EpochPlan(sequences, options with { UpdatesPerEpoch = 6 }).Epoch(2);
        Assert.AreEqual(6, part.Count);
        CollectionAssert.AreEqual(whole.Take(6).SelectMany(b => b.Places).ToArray(), RowsOf(part));
        // What the loop always did: one random source from epoch to epoch.
        var random = new Random(options.KnownSeed);
        var plan = new EpochPlan(sequences, options);
        plan.Next(random);
        CollectionAssert.AreEqual(plan.Next(random).SelectMany(b => b.Places).ToArray(), whole.SelectMany(b => b.Places).ToArray());
    }

    [TestMethod]
    [DataRow(1000, 900, 0.1, 100)]
    [DataRow(1000, 50, 0.2, 50)]
    [DataRow(2, 10, 0.9, 1)]
    [DataRow(3, 10, 0.01, 1)]
    public void RowsHeldOutAreNeverTrainedOn(int rows, int pool, double share, int expected)
    {
        var view = new CountedDataView(rows, Values);
        var (set, survey) = Stream(view, pool, share);
        Assert.AreEqual(expected, survey.Validation.Count, expected == 100 ? 30 : 0);
        Assert.AreEqual(rows, set.Count + survey.Validation.Count);
        var held = survey.Validation.Select(s => (int)s.Observations[0]).ToHashSet();
        CollectionAssert.AreEqual(held.Order().ToArray(), survey.Validation.Select(s => (int)s.Observations[0]).ToArray());
        var plan = set.Plan(new TrainingOptions { BatchSize = 5 });
        for (int epoch = 1; epoch <= 2; epoch++)
        {
            int[] trained = RowsOf(plan.Epoch(epoch));
            Assert.HasCount(rows - held.Count, trained.Distinct());
            Assert.IsFalse(trained.Any(held.Contains));
        }
        Assert.IsFalse(set.Read().Any(s => held.Contains((int)s.Observations[0])));
    }

    [TestMethod]
    public void WindowsAreCountedByAndLarge()
    {
        var (set, _) = Stream(new CountedDataView(400, Values), 100);
        var updates = set.Plan(new TrainingOptions { BatchSize = 5, BackpropagationSteps = 2, ClipLength = 8 }).Epoch(1);
        int windows = updates.Batches.Count();
        Assert.AreEqual(windows, updates.Count, windows * 0.2);
    }

    [TestMethod]
    public void DataThatChangeAreNoticed()
    {
        var view = new CountedDataView(50, Values);
        var (set, _) = Stream(view, 10);
        view.Rows = 49;
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => RowsOf(set.Plan(new TrainingOptions { BatchSize = 5 }).Epoch(1)));
        StringAssert.Contains(error.Message, "it has 49 rows to train on and had 50");
        Assert.AreEqual(0, view.Open);
    }

    [TestMethod]
    public void TooFewRowsAndTooSmallAPoolAreNamed()
    {
        Assert.ThrowsExactly<InvalidOperationException>(() => Stream(new CountedDataView(0, Values), 10));
        Assert.ThrowsExactly<InvalidOperationException>(() => Stream(new CountedDataView(1, Values), 10, 0.1));
        var faults = new TrainingOptions { BatchSize = 20, MaxRowsInMemory = 19, UpdatesPerEpoch = 0 }.Validate().ToList();
        Assert.HasCount(2, faults);
        StringAssert.Contains(faults[0], "UpdatesPerEpoch is 0");
        StringAssert.Contains(faults[1], "MaxRowsInMemory is 19; it must be at least BatchSize, 20.");
    }

    [TestMethod]
    public void StreamedRowsTrainAsWellAsThoseInMemory()
    {
        // A noisy walk that returns to 0, 20 steps long, so that there is something to learn.
        static float[] Walk(int row)
        {
            var random = new Random(row);
            double z = 0;
            return [.. Enumerable.Range(0, 20).Select(_ => (float)((z = 0.9 * z + random.NextDouble() - 0.5) + 0.1 * (random.NextDouble() - 0.5)))];
        }
        var ml = new MLContext();
        var options = new DeepMarkovTrainer.Options
        {
            ObservationSize = 1,
            Generative = new DeepMarkovModel { LatentSize = 1, Transition = new LinearTransition(), Emission = new GaussianEmission { HiddenLayers = 0 } },
            Inference = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 8 },
            ValidationSet = new CountedDataView(64, row => Walk(row + 10_000)),
            Epochs = 15,
            LearningRate = 0.02,
            Seed = 1,
        };
        double Bound(int? rowsInMemory)
        {
            using var model = ml.StateSpace.Trainers.DeepMarkov(options with { MaxRowsInMemory = rowsInMemory }).Fit(new CountedDataView(240, Walk));
            Assert.AreEqual(15 * 12, model.History.Epochs[^1].Updates);
            return model.History.BestValidationBound;
        }
        double inMemory = Bound(null), untrained;
        using (var model = ml.StateSpace.Trainers.DeepMarkov(options with { Epochs = 1 }).Fit(new CountedDataView(240, Walk)))
            untrained = model.History.BestValidationBound;
        Assert.IsGreaterThan(untrained + 0.2, inMemory, "there is something to learn");
        Assert.AreEqual(inMemory, Bound(1000), 0.02);
        Assert.AreEqual(inMemory, Bound(60), 0.02);
    }
}
