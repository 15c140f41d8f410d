using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>What a batching cursor computes: how rows are read, scored together, and given out as columns.</summary>
/// <typeparam name="TRow">What is read of one row.</typeparam>
/// <typeparam name="TScores">What is computed for one row.</typeparam>
internal abstract class BatchScoring<TRow, TScores>
{
    /// <summary>The output schema: the input's columns, by their own indices, and the computed columns after them.</summary>
    public abstract DataViewSchema OutputSchema { get; }

    /// <summary>Number of columns that are the input's own.</summary>
    public abstract int InputColumnCount { get; }

    /// <summary>Rows that are prefetched and scored together, at least 1.</summary>
    public abstract int RowsPerBatch { get; }

    /// <summary>The input columns that a computed column needs.</summary>
    public abstract IEnumerable<DataViewSchema.Column> RowColumns { get; }

    /// <summary>Makes a reader of the present row of a cursor.</summary>
    public abstract Func<TRow> CreateReader(DataViewRow input);

    /// <summary>As <see cref="CreateReader(DataViewRow)"/>, where it is known what the rows are read for.</summary>
    /// <param name="input">A cursor.</param>
    /// <param name="computed">The active computed columns.</param>
    public virtual Func<TRow> CreateReader(DataViewRow input, IReadOnlyList<DataViewSchema.Column> computed) => CreateReader(input);

    /// <summary>Scores rows together, in order; only what the active computed columns need.</summary>
    public abstract IReadOnlyList<TScores> Score(IReadOnlyList<TRow> rows, IReadOnlyList<DataViewSchema.Column> computed);

    /// <summary>Why a row's scores in a computed column cannot be given out, or null.</summary>
    public virtual string? FaultOf(DataViewSchema.Column column, TScores scores) => null;

    /// <summary>A <see cref="ValueGetter{TValue}"/> of a computed column over the present row's scores.</summary>
    public abstract Delegate CreateGetter(DataViewSchema.Column column, Func<TScores> current);

    /// <summary>Whether an output column is the input's own.</summary>
    public bool IsInput(DataViewSchema.Column column) => column.Index < InputColumnCount;

    /// <summary>The input columns behind output columns.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(DataViewSchema input, IEnumerable<DataViewSchema.Column> outputs)
    {
        var needed = outputs.ToList();
        var indices = needed.Where(IsInput).Select(c => c.Index).ToHashSet();
        if (!needed.All(IsInput))
            indices.UnionWith(RowColumns.Select(c => c.Index));
        return input.Where(c => indices.Contains(c.Index));
    }
}
