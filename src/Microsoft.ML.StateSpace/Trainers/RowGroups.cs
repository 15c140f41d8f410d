using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Which rows of a data view belong together.</summary>
/// <param name="Count">Groups.</param>
/// <param name="OfRow">The group of each row, from 0 in the order in which they come.</param>
internal sealed record RowGroups(int Count, int[] OfRow)
{
    /// <summary>Reads the groups.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="columnName">The column that names them; null: every row is its own.</param>
    /// <param name="least">Groups that are needed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are fewer.</exception>
    public static RowGroups Read(IDataView data, string? columnName, int least)
    {
        DataViewSchema.Column? column = columnName is null ? null
            : SequenceBinding.Find(data.Schema, columnName, SequenceColumnTypes.IsId, SequenceColumnTypes.Id);
        var groups = new Dictionary<string, int>();
        var rows = new List<int>();
        using var cursor = data.GetRowCursor(column is { } known ? [known] : []);
        var name = column is { } found ? SequenceBinding.IdGetter(cursor, found) : null;
        while (cursor.MoveNext())
        {
            string key = name?.Invoke() ?? rows.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (!groups.TryGetValue(key, out int group))
                groups.Add(key, group = groups.Count);
            rows.Add(group);
        }
        return groups.Count >= least ? new RowGroups(groups.Count, [.. rows])
            : throw new InvalidOperationException($"The data has {rows.Count} row{(rows.Count == 1 ? "" : "s")} in {groups.Count} group{(groups.Count == 1 ? "" : "s")}"
                + $"{(columnName is null ? "" : $" of column '{columnName}'")}; {least} groups are the least.");
    }

    /// <summary>Whether each row is among a share of them, drawn by groups.</summary>
    public bool[] Share(double fraction, int seed)
    {
        int[] sizes = Sizes(), order = Order(seed);
        var chosen = new bool[Count];
        double wanted = fraction * OfRow.Length;
        int taken = 0;
        for (int i = 0; i < Count - 1 && (i == 0 || taken + sizes[order[i]] / 2.0 <= wanted); i++)
        {
            chosen[order[i]] = true;
            taken += sizes[order[i]];
        }
        return [.. OfRow.Select(group => chosen[group])];
    }

    /// <summary>For each fold whether each row is in it: every group goes to the fold with the fewest rows so far.</summary>
    public IReadOnlyList<bool[]> Folds(int count, int seed)
    {
        int[] sizes = Sizes(), fold = new int[Count], rows = new int[count];
        // The largest first: what is dealt last evens out.
        foreach (int group in Order(seed).OrderByDescending(g => sizes[g]))
        {
            fold[group] = Array.IndexOf(rows, rows.Min());
            rows[fold[group]] += sizes[group];
        }
        return [.. Enumerable.Range(0, count).Select(f => OfRow.Select(group => fold[group] == f).ToArray())];
    }

    private int[] Sizes()
    {
        var sizes = new int[Count];
        foreach (int group in OfRow)
            sizes[group]++;
        return sizes;
    }

    private int[] Order(int seed)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new Random(seed).Shuffle(order);
        return order;
    }
}
