using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Batches of streamed sequences: drawn at random from a pool that is filled up as it empties.</summary>
/// <remarks>An epoch's randomness depends on the seed and the epoch alone. With a pool as large as the data, every order of the rows is
/// as likely as in memory.</remarks>
internal sealed class StreamedEpochs(StreamedSet set, TrainingOptions options) : IEpochs
{
    private readonly int _drawRows = Math.Min(BatchPlan.BatchesPerPool, set.RowsInMemory / options.BatchSize) * options.BatchSize;

    /// <inheritdoc/>
    public EpochUpdates Epoch(int epoch)
    {
        var random = new Random(SeedOf(epoch));
        // The data view keeps its own source: when it draws from it is its own affair.
        var order = new Random(random.Next());
        long wanted = Math.Min(set.Count, (long?)options.UpdatesPerEpoch * options.BatchSize ?? set.Count);
        var sample = wanted < set.Count ? new SelectionSampling(wanted, set.Count, random) : null;
        int updates = Math.Min(UpdatesOf(wanted), options.UpdatesPerEpoch ?? int.MaxValue);
        return new EpochUpdates(updates, Batches(set.Rows(order, sample), random).Take(options.UpdatesPerEpoch ?? int.MaxValue));
    }

    /// <inheritdoc/>
    public EpochUpdates Pass() => new((int)Math.Ceiling((double)set.Count / options.BatchSize),
        set.Rows().Chunk(_drawRows).SelectMany(rows => Cut(rows).Select(Whole)));

    private int SeedOf(int epoch) => (int)(RowNoise.Mix((ulong)epoch ^ RowNoise.Mix((ulong)(uint)options.KnownSeed)) & int.MaxValue);

    // Batches of equal lengths would have so many windows together.
    private int UpdatesOf(long rows)
    {
        double windows = options.BackpropagationSteps is not { } steps ? 1
            : set.Lengths.Sum(l => l.Value * Math.Ceiling((double)Math.Min(l.Key, options.ClipLength ?? l.Key) / steps)) / Math.Max(1, set.Count);
        return (int)Math.Min(int.MaxValue, Math.Ceiling(rows * windows / options.BatchSize));
    }

    private IEnumerable<TrainingBatch> Batches(IEnumerable<(Sequence, int)> rows, Random random)
    {
        var pool = new List<(Sequence Sequence, int Row)>();
        using var source = rows.GetEnumerator();
        while (true)
        {
            while (pool.Count < set.RowsInMemory && source.MoveNext())
                pool.Add(Clipped(source.Current, random));
            if (pool.Count == 0)
                yield break;
            var batches = new Queue<(Sequence, int)[]>(Shuffled(Draw(pool, random), random));
            // What is trained on is let go before the pool is filled up again.
            while (batches.TryDequeue(out var batch))
                foreach (var update in options.BackpropagationSteps is { } steps ? Windows(batch, steps) : [Whole(batch)])
                    yield return update;
        }
    }

    private (Sequence, int) Clipped((Sequence Sequence, int Row) row, Random random) =>
        options.ClipLength is { } length ? (EpochPlan.Clip(row.Sequence, length, random), row.Row) : row;

    // Rows of the pool at random; the last one takes the place of each.
    private List<(Sequence, int)> Draw(List<(Sequence, int)> pool, Random random)
    {
        var drawn = new List<(Sequence, int)>();
        while (drawn.Count < _drawRows && pool.Count > 0)
        {
            int place = random.Next(pool.Count);
            drawn.Add(pool[place]);
            pool[place] = pool[^1];
            pool.RemoveAt(pool.Count - 1);
        }
        return drawn;
    }

    private (Sequence, int)[][] Shuffled(IEnumerable<(Sequence, int)> rows, Random random)
    {
        var batches = Cut(rows).ToArray();
        random.Shuffle(batches);
        return batches;
    }

    private IEnumerable<(Sequence, int)[]> Cut(IEnumerable<(Sequence Sequence, int Row)> rows) =>
        rows.OrderBy(r => r.Sequence.Length).Chunk(options.BatchSize);

    private static TrainingBatch Whole((Sequence Sequence, int Row)[] rows) =>
        new([.. rows.Select(r => r.Sequence)], [.. rows.Select(r => r.Row)]);

    private static IEnumerable<TrainingBatch> Windows((Sequence Sequence, int Row)[] rows, int steps) =>
        EpochPlan.Windows([.. rows.Select(r => r.Sequence)], [.. Enumerable.Range(0, rows.Length)], steps)
            .Select(window => window with { Places = [.. window.Places.Select(i => rows[i].Row)] });
}
