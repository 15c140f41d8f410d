using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Clips and windows: which steps of which sequence an update sees.</summary>
[TestClass]
public class EpochPlanTests
{
    // Step t of sequence i holds 100·i + t, so that a slice tells where it was cut.
    private static Sequence Count(int i, int steps, Func<int, bool>? observed = null) =>
        new(1, [.. Enumerable.Range(0, steps).Select(t => 100f * i + t)], observed is null ? default : [.. Enumerable.Range(0, steps).Select(observed)], $"s{i}");

    [TestMethod]
    public void EveryEpochCutsNewClipsAndKeepsShortSequencesWhole()
    {
        var sequences = new[] { Count(0, 30), Count(1, 5), Count(2, 6), Count(3, 30) };
        var plan = new EpochPlan(sequences, new TrainingOptions { BatchSize = 2, ClipLength = 6 });
        var random = new Random(1);
        var starts = new HashSet<int>();
        for (int epoch = 0; epoch < 400; epoch++)
        {
            var batches = plan.Next(random);
            CollectionAssert.AreEquivalent(new[] { 0, 1, 2, 3 }, batches.SelectMany(b => b.Places).ToArray());
            foreach (var batch in batches)
                for (int k = 0; k < batch.Rows.Count; k++)
                {
                    var (row, whole) = (batch.Rows[k], sequences[batch.Places[k]]);
                    Assert.AreEqual(whole.Id, row.Id);
                    Assert.AreEqual(Math.Min(6, whole.Length), row.Length);
                    int start = (int)row.Observations[0] - 100 * batch.Places[k];
                    CollectionAssert.AreEqual(whole.Observations.Slice(start, row.Length).ToArray(), row.Observations.ToArray());
                    if (batch.Places[k] == 0)
                        starts.Add(start);
                }
        }
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 25).ToArray(), starts.ToArray(), "every place is drawn");
    }

    [TestMethod]
    public void AClipHoldsAnObservedValueAndCountsItsMissingEnd()
    {
        // Observed at 0, 1 and 19 only: clips of 3 may begin at 0, 1 and 17.
        var sequence = Count(0, 20, t => t is 0 or 1 or 19);
        var random = new Random(1);
        var clips = Enumerable.Range(0, 200).Select(_ => EpochPlan.Clip(sequence, 3, random)).ToList();
        Assert.IsTrue(clips.All(c => c.Length == 3 && c.ObservedSteps >= 1 && c.HasMissing));
        var kinds = clips.Select(c => string.Concat(Enumerable.Range(0, 3).Select(t => c.IsObserved(t, 0) ? 'x' : '.'))).Distinct();
        CollectionAssert.AreEquivalent(new[] { "xx.", "x..", "..x" }, kinds.ToArray());
    }

    [TestMethod]
    public void WindowsWalkABatchInStepsAndRowsContinue()
    {
        var sequences = new[] { Count(0, 3), Count(1, 10), Count(2, 7) };
        var windows = EpochPlan.Windows(sequences, [0, 1, 2], 4).ToList();
        Assert.HasCount(3, windows);
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, windows.Select(w => w.Window).ToArray());
        int[][] places = [[1, 2, 0], [1, 2], [1]];
        float[][] firsts = [[100, 200, 0], [104, 204], [108]];
        int[][] lengths = [[4, 4, 3], [4, 3], [2]];
        for (int w = 0; w < 3; w++)
        {
            CollectionAssert.AreEqual(places[w], windows[w].Places);
            CollectionAssert.AreEqual(firsts[w], windows[w].Rows.Select(r => r.Observations[0]).ToArray());
            CollectionAssert.AreEqual(lengths[w], windows[w].Rows.Select(r => r.Length).ToArray());
        }
    }

    [TestMethod]
    public void AWindowThatNobodyObservesOnlyPassesTheStateOn()
    {
        var sequences = new[] { Count(0, 12, t => t is < 4 or 11), Count(1, 3) };
        var windows = EpochPlan.Windows(sequences, [0, 1], 4).ToList();
        CollectionAssert.AreEqual(new[] { true, false, true }, windows.Select(w => w.IsObserved).ToArray());
        CollectionAssert.AreEqual(new[] { false, false, true }, windows.Select(w => w.IsLast).ToArray());
    }

    [TestMethod]
    public void EachWindowIsAnUpdate()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(30));
        var options = Rows.Options(epochs: 1) with { BatchSize = 30 };
        Assert.AreEqual(1, UpdatesOf(options));
        // 4 to 15 steps in one batch.
        Assert.AreEqual(3, UpdatesOf(options with { BackpropagationSteps = 5 }));
        Assert.AreEqual(2, UpdatesOf(options with { ClipLength = 9, BackpropagationSteps = 5 }));

        long UpdatesOf(DeepMarkovTrainer.Options o)
        {
            using var model = ml.StateSpace.Trainers.DeepMarkov(o).Fit(data);
            Assert.IsTrue(model.History.Epochs.All(e => double.IsFinite(e.TrainBound)));
            return model.History.Epochs[0].Updates;
        }
    }

    [TestMethod]
    public void ASequenceIsSlicedOnlyInsideItsLength()
    {
        var sequence = Count(0, 8, t => t < 6);
        Assert.AreSame(sequence, sequence.Slice(0, 6));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => sequence.Slice(3, 4));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => sequence.Slice(-1, 4));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => sequence.Slice(3, 0));
    }
}
