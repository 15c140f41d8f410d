using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML;

public sealed partial class StateSpaceDataCatalog
{
    /// <summary>Rows to train on, and rows to test on, by whole groups: rows of one group never stand on both sides.</summary>
    /// <remarks>Which rows are which depends on the seed and the groups' order alone. ML.NET's own <c>TrainTestSplit</c> keeps groups together
    /// too, but draws sides group by group, so that of few sequences a side may get none.</remarks>
    /// <param name="data">The rows; read once for the groups.</param>
    /// <param name="testFraction">Share of the rows to test on, as nearly as groups allow; at least one group goes to each side.</param>
    /// <param name="groupColumnName">Text or whole numbers, alike for rows that belong together, such as windows of one series; null: every row by itself.</param>
    /// <param name="seed">Of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction does not lie between 0 and 1, or the column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than two groups.</exception>
    public SequenceSplit TrainTestSplit(IDataView data, double testFraction = 0.1, string? groupColumnName = null, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (testFraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(testFraction), testFraction, "The share of the rows to test on must lie between 0 and 1.");
        var groups = RowGroups.Read(data, groupColumnName, least: 2);
        return ChosenRowsView.Split(data, groups.Share(testFraction, seed));
    }

    /// <summary>As many splits as folds: each group is tested on once, and folds have about as many rows.</summary>
    /// <param name="data">The rows; read once for the groups.</param>
    /// <param name="folds">At least 2, and no more than groups.</param>
    /// <param name="groupColumnName">As for <see cref="TrainTestSplit"/>.</param>
    /// <param name="seed">Of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two folds, or the column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are fewer groups than folds.</exception>
    public IReadOnlyList<SequenceSplit> CrossValidationSplit(IDataView data, int folds = 5, string? groupColumnName = null, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        var groups = RowGroups.Read(data, groupColumnName, least: folds);
        return [.. groups.Folds(folds, seed).Select(tested => ChosenRowsView.Split(data, tested))];
    }

    /// <summary>The first steps of every sequence to train on, and its last ones to test on.</summary>
    /// <remarks>The rows are made anew, in memory: of the columns that <paramref name="columns"/> name, and no others. A part without an observed value has no row.
    /// Controls and times reach beyond the first part where they did before, as what is known of its future.</remarks>
    /// <param name="data">The sequences.</param>
    /// <param name="columns">Where they stand.</param>
    /// <param name="testFraction">Share of each sequence's steps to test on.</param>
    /// <param name="context">Steps before the last ones that its rows begin with, from which a model may start.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction does not lie between 0 and 1, or a column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    public SequenceSplit SplitInTime(IDataView data, SequenceColumns columns, double testFraction = 0.2, int context = 0)
    {
        if (testFraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(testFraction), testFraction, "The share of the steps to test on must lie between 0 and 1.");
        return SplitInTime(data, columns, s => s.Length - (int)Math.Round(s.Length * testFraction), context);
    }

    /// <summary>The first <paramref name="step"/> steps of every sequence to train on, and the others to test on.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="columns">Where they stand.</param>
    /// <param name="step">At least 1; a sequence that has no more is trained on whole.</param>
    /// <param name="context">As for <see cref="SplitInTime(IDataView, SequenceColumns, double, int)"/>.</param>
    /// <inheritdoc cref="SplitInTime(IDataView, SequenceColumns, double, int)"/>
    public SequenceSplit SplitAtStep(IDataView data, SequenceColumns columns, int step, int context = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return SplitInTime(data, columns, s => Math.Min(step, s.Length), context);
    }

    private SequenceSplit SplitInTime(IDataView data, SequenceColumns columns, Func<Sequence, int> cut, int context)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(context);
        List<Sequence> first = [], last = [];
        foreach (var sequence in SequenceBinding.ReadAll(data, columns))
        {
            int kept = cut(sequence), start = Math.Max(0, kept - context);
            if (kept > 0)
                first.Add(sequence.Slice(0, kept));
            if (kept < sequence.Length)
                last.Add(sequence.Slice(start, sequence.Length - start));
        }
        IDataView View(List<Sequence> parts) => SequenceRows.View(_context, [.. parts.Where(p => p.ObservedSteps > 0)], columns);
        return new SequenceSplit(View(first), View(last));
    }
}
