using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The updates of each epoch over sequences in memory: batches of like lengths in random order, of clips and in windows where
/// asked for.</summary>
internal sealed class EpochPlan(IReadOnlyList<Sequence> sequences, TrainingOptions options) : IEpochs
{
    private Random _order = new(options.KnownSeed);
    private int _drawn;

    /// <inheritdoc/>
    public EpochUpdates Epoch(int epoch)
    {
        if (epoch <= _drawn)
            (_order, _drawn) = (new Random(options.KnownSeed), 0);
        // A Random does not give its state away: a resumed training makes the draws of the epochs done once more.
        while (_drawn < epoch - 1)
            _ = Draw();
        var updates = Draw();
        var taken = options.UpdatesPerEpoch is { } most ? [.. updates.Take(most)] : updates;
        return new EpochUpdates(taken.Count, taken);
    }

    /// <inheritdoc/>
    public EpochUpdates Pass()
    {
        var batches = BatchPlan.Sorted(sequences, options.BatchSize);
        return new EpochUpdates(batches.Count, batches.Select(places => new TrainingBatch([.. places.Select(i => sequences[i])], places)));
    }

    /// <summary>The next epoch's updates.</summary>
    public List<TrainingBatch> Next(Random random)
    {
        IReadOnlyList<Sequence> rows = options.ClipLength is { } length ? [.. sequences.Select(s => Clip(s, length, random))] : sequences;
        var batches = BatchPlan.Shuffled(rows, options.BatchSize, random);
        return options.BackpropagationSteps is { } steps
            ? [.. batches.SelectMany(places => Windows(rows, places, steps))]
            : [.. batches.Select(places => new TrainingBatch([.. places.Select(i => rows[i])], places))];
    }

    /// <summary>That many steps of a longer sequence, from a place drawn among all that leave an observed value in them.</summary>
    public static Sequence Clip(Sequence sequence, int length, Random random)
    {
        if (sequence.Length <= length)
            return sequence;
        int[] starts = [.. Starts(sequence, length)];
        return sequence.Slice(starts[random.Next(starts.Length)], length);
    }

    /// <summary>Consecutive windows of a batch; a sequence that has ended is in none any more, so that the longest come first.</summary>
    public static IEnumerable<TrainingBatch> Windows(IReadOnlyList<Sequence> rows, int[] places, int steps)
    {
        int[] longestFirst = [.. places.OrderByDescending(i => rows[i].Length)];
        for (int start = 0; start < rows[longestFirst[0]].Length; start += steps)
        {
            int[] running = [.. longestFirst.TakeWhile(i => rows[i].Length > start)];
            var slices = running.Select(i => rows[i].Slice(start, Math.Min(steps, rows[i].Length - start))).ToList();
            yield return new TrainingBatch(slices, running, start / steps) { IsLast = start + steps >= rows[longestFirst[0]].Length };
        }
    }

    private List<TrainingBatch> Draw()
    {
        _drawn++;
        return Next(_order);
    }

    private static IEnumerable<int> Starts(Sequence sequence, int length)
    {
        int latest = -1;
        for (int t = 0; t < sequence.Length; t++)
        {
            if (sequence.IsAnyObserved(t))
                latest = t;
            if (t + 1 >= length && latest > t - length)
                yield return t + 1 - length;
        }
    }
}
