using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Cuts sequences into batches of like lengths, so that few steps of few rows remain.</summary>
internal static class BatchPlan
{
    /// <summary>Within so many batches' worth of shuffled sequences, neighbours in length share a batch.</summary>
    public const int BatchesPerPool = 8;

    /// <summary>Batches of one epoch in random order, each a list of places in <paramref name="sequences"/>.</summary>
    public static List<int[]> Shuffled(IReadOnlyList<Sequence> sequences, int batchSize, Random random)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count)];
        random.Shuffle(order);
        var batches = order.Chunk(batchSize * BatchesPerPool).SelectMany(pool => Cut(pool, sequences, batchSize)).ToArray();
        random.Shuffle(batches);
        return [.. batches];
    }

    /// <summary>Batches by length, the same every time.</summary>
    public static List<int[]> Sorted(IReadOnlyList<Sequence> sequences, int batchSize) =>
        [.. Cut([.. Enumerable.Range(0, sequences.Count)], sequences, batchSize)];

    private static IEnumerable<int[]> Cut(int[] pool, IReadOnlyList<Sequence> sequences, int batchSize) =>
        pool.OrderBy(i => sequences[i].Length).Chunk(batchSize);
}
