namespace Microsoft.ML.StateSpace.Data;

/// <summary>Row groups that a cursor holds at a time, and in which order it visits their rows.</summary>
/// <param name="Number">Its place among the blocks of the whole table, from 0; what cursors call a batch.</param>
/// <param name="Groups">The groups.</param>
/// <param name="Seed">What the random order of the rows depends on; null: the rows in order.</param>
internal sealed record ParquetBlock(int Number, IReadOnlyList<ParquetGroupPlace> Groups, int? Seed)
{
    /// <summary>The rows to visit, each as the group's place in the block and the row in the group.</summary>
    public IEnumerable<(int Group, int Row)> Rows() => Seed is { } seed ? Shuffled(seed) : InOrder();

    private IEnumerable<(int Group, int Row)> InOrder()
    {
        for (int group = 0; group < Groups.Count; group++)
        {
            for (int row = 0; row < Groups[group].RowCount; row++)
            {
                yield return (group, row);
            }
        }
    }

    private (int Group, int Row)[] Shuffled(int seed)
    {
        (int, int)[] rows = InOrder().ToArray();
        new Random(seed).Shuffle(rows);
        return rows;
    }
}

/// <summary>Deals the row groups of a table into blocks.</summary>
internal static class ParquetRowOrder
{
    // A row's place in the shuffled order.
    private const int PlaceBytes = 8;

    /// <summary>The table's own order: a block is a row group.</summary>
    public static IReadOnlyList<ParquetBlock> InOrder(ParquetLayout layout) =>
        layout.Groups.Select((group, i) => new ParquetBlock(i, [group], null)).ToList();

    /// <summary>
    /// Row groups in random order. As many of them make a block as are needed for <paramref name="rows"/> rows, and fit into
    /// <paramref name="bytes"/>, but one at least; the rows of a block come in random order.
    /// </summary>
    public static IReadOnlyList<ParquetBlock> Shuffled(ParquetLayout layout, bool[] active, Random random, int rows, long bytes)
    {
        ParquetGroupPlace[] groups = [.. layout.Groups];
        random.Shuffle(groups);
        var blocks = new List<ParquetBlock>();
        for (int next = 0; next < groups.Length;)
        {
            int first = next;
            long held = 0;
            long taken = 0;
            do
            {
                held += groups[next].RowCount;
                taken += CostOf(groups[next++], active);
            }
            while (next < groups.Length && held < rows && taken + CostOf(groups[next], active) <= bytes
                && held + groups[next].RowCount <= Array.MaxLength);
            blocks.Add(new ParquetBlock(blocks.Count, groups[first..next], random.Next()));
        }

        return blocks;
    }

    private static long CostOf(ParquetGroupPlace group, bool[] active) => group.BytesOf(active) + (long)PlaceBytes * group.RowCount;
}
