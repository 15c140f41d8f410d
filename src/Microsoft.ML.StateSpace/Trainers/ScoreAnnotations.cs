using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>The annotations of the output columns: the slots' names, and ML.NET's marks of scores.</summary>
internal static class ScoreAnnotations
{
    /// <summary>The kinds of annotation, named as ML.NET does.</summary>
    public const string SlotNames = "SlotNames", ScoreColumnSetId = "ScoreColumnSetId", ScoreColumnKind = "ScoreColumnKind", ScoreValueKind = "ScoreValueKind";

    private static readonly KeyDataViewType s_setId = new(typeof(uint), int.MaxValue);

    /// <summary>Those of one column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="sizes">Length of each of its axes; 0 where rows differ.</param>
    /// <param name="options">Names the quantiles.</param>
    /// <param name="observations">Name of each observed number.</param>
    /// <param name="setId">Number of the model's scores among those in the data.</param>
    public static DataViewSchema.Annotations Of(ScoreColumn column, int[] sizes, ScoringOptions options, IReadOnlyList<string> observations, uint setId)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        int slots = sizes.Aggregate(1, (product, size) => product * size);
        if (!column.IsScalar && slots > 0)
            builder.Add(SlotNames, new VectorDataViewType(TextDataViewType.Instance, slots),
                (ref VBuffer<ReadOnlyMemory<char>> names) => names = new(slots, Names(column, sizes, options, observations)));
        if (column.Kind is { } kind)
        {
            builder.AddPrimitiveValue(ScoreColumnSetId, s_setId, setId);
            builder.AddPrimitiveValue(ScoreColumnKind, TextDataViewType.Instance, kind.Column.AsMemory());
            builder.AddPrimitiveValue(ScoreValueKind, TextDataViewType.Instance, kind.Value.AsMemory());
        }
        return builder.ToAnnotations();
    }

    /// <summary>The number of the next set of scores: one more than the last in the data.</summary>
    public static uint NextSetId(DataViewSchema schema)
    {
        uint last = 0;
        foreach (var column in schema)
        {
            if (column.Annotations.Schema.GetColumnOrNull(ScoreColumnSetId)?.Type is not KeyDataViewType { RawType: var raw } || raw != typeof(uint))
                continue;
            uint id = 0;
            column.Annotations.GetValue(ScoreColumnSetId, ref id);
            last = Math.Max(last, id);
        }
        return last + 1;
    }

    /// <summary>Names of the numbers of one observation: those of the column's slots, with or without a step's prefix ("t1."), where
    /// all steps agree; else x0, x1, …</summary>
    public static string[] NamesOfObservations(DataViewSchema.Column observations, int size)
    {
        string[] plain = [.. Enumerable.Range(0, size).Select(d => $"x{d}")];
        if (!observations.HasSlotNames())
            return plain;
        VBuffer<ReadOnlyMemory<char>> buffer = default;
        observations.GetSlotNames(ref buffer);
        string[] slots = [.. buffer.DenseValues().Select(name => name.ToString())];
        foreach (var part in new Func<string, string>[] { name => name, name => name[(name.IndexOf('.') + 1)..] })
        {
            string[] names = [.. slots.Take(size).Select(part)];
            if (names.All(name => name.Length > 0) && names.Distinct().Count() == size
                && slots.Select(part).Select((name, i) => name == names[i % size]).All(same => same))
                return names;
        }
        return plain;
    }

    private static ReadOnlyMemory<char>[] Names(ScoreColumn column, int[] sizes, ScoringOptions options, IReadOnlyList<string> observations)
    {
        IEnumerable<string> names = [""];
        for (int i = 0; i < sizes.Length; i++)
        {
            string[] places = [.. Enumerable.Range(0, sizes[i]).Select(place => ScoreColumns.NameOf(column.Axes[i], place, options, observations))];
            names = names.SelectMany(outer => places.Select(inner => outer.Length == 0 ? inner : $"{outer}.{inner}"));
        }
        return [.. names.Select(name => name.AsMemory())];
    }
}
