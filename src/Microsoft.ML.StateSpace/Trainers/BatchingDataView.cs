namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A data view with computed columns added, whose rows are scored in batches.</summary>
/// <remarks>Lazy: what no consumer asks for is neither read nor computed.</remarks>
internal sealed class BatchingDataView<TRow, TScores>(IDataView input, BatchScoring<TRow, TScores> scoring) : IDataView
{
    public bool CanShuffle => input.CanShuffle;

    public DataViewSchema Schema => scoring.OutputSchema;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        ArgumentNullException.ThrowIfNull(columnsNeeded);
        var active = columnsNeeded.ToList();
        var source = input.GetRowCursor(scoring.Dependencies(input.Schema, active), rand);
        return active.All(scoring.IsInput) ? new PassthroughCursor(Schema, source, active) : new BatchingCursor<TRow, TScores>(scoring, source, active);
    }

    /// <summary>One cursor: a batch uses all cores already.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
