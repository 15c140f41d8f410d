using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>Which columns an output has.</summary>
/// <param name="Wanted">Columns of the data's or the model's; empty: the sequence id and all the model's.</param>
/// <param name="Keep">Columns of the data's that come first.</param>
/// <param name="SequenceId">The column of ids.</param>
internal sealed record ScoredColumns(IReadOnlyList<string> Wanted, IReadOnlyList<string> Keep, string SequenceId)
{
    /// <summary>The columns to write, in their order.</summary>
    /// <param name="path">The data's file.</param>
    /// <param name="input">The data's.</param>
    /// <param name="scored">The data's, and the model's after them.</param>
    /// <exception cref="UsageException">There is no such column; names it and those there are.</exception>
    public IReadOnlyList<string> Choose(string path, DataViewSchema input, DataViewSchema scored)
    {
        Require(Keep, input, $"'{path}' has no column");
        Require(Wanted, scored, $"'{path}', scored, has no column");
        IEnumerable<string> id = input.GetColumnOrNull(SequenceId) is null ? [] : [SequenceId];
        IEnumerable<string> chosen = Wanted.Count > 0 ? Keep.Concat(Wanted) : id.Concat(Keep).Concat(scored.Skip(input.Count).Select(column => column.Name));
        return [.. chosen.Distinct()];
    }

    private static void Require(IEnumerable<string> names, DataViewSchema schema, string fault)
    {
        foreach (string name in names)
        {
            if (schema.GetColumnOrNull(name) is null)
                throw new UsageException($"{fault} '{name}'; there are {string.Join(", ", schema.Select(column => column.Name))}");
        }
    }
}
