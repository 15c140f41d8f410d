namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>A small part of a product in which every pair of values that occurs together anywhere occurs together once.</summary>
internal static class PairwiseCover
{
    /// <summary>Chooses rows greedily: each next row is one that covers the most pairs not yet covered.</summary>
    /// <param name="rows">All rows, each an equal number of values.</param>
    public static List<T[]> Of<T>(IReadOnlyList<T[]> rows) where T : notnull
    {
        var open = new HashSet<(int, T, int, T)>(rows.SelectMany(Pairs));
        var left = rows.ToList();
        var chosen = new List<T[]>();
        while (open.Count > 0)
        {
            var best = left.MaxBy(row => Pairs(row).Count(open.Contains))!;
            open.ExceptWith(Pairs(best));
            left.Remove(best);
            chosen.Add(best);
        }
        return chosen;
    }

    private static IEnumerable<(int, T, int, T)> Pairs<T>(T[] row)
    {
        for (int i = 0; i < row.Length; i++)
            for (int j = i + 1; j < row.Length; j++)
                yield return (i, row[i], j, row[j]);
    }
}
