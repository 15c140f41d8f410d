using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Reads rows ahead and scores them together; gives them out one by one, in the input's order.</summary>
/// <remarks>
/// At most <see cref="BatchScoring{TRow, TScores}.RowsPerBatch"/> rows are held. A batch is scored by the first getter of a computed
/// column that is called in it. A failure that reading ahead meets is thrown when the cursor comes to that row, so that the rows
/// before it come out as they would one by one.
/// </remarks>
internal sealed class BatchingCursor<TRow, TScores> : DataViewRowCursor
{
    private readonly BatchScoring<TRow, TScores> _scoring;
    private readonly DataViewRowCursor _input;
    private readonly HashSet<int> _active;
    private readonly RowBatch<TRow, TScores> _batch;
    private int _row;
    private long _position = -1;
    private bool _disposed;

    /// <summary>Takes the input cursor over.</summary>
    /// <param name="scoring">What is computed.</param>
    /// <param name="input">Its active columns include those that <paramref name="active"/> depends on.</param>
    /// <param name="active">The output columns that a consumer may ask for.</param>
    public BatchingCursor(BatchScoring<TRow, TScores> scoring, DataViewRowCursor input, IEnumerable<DataViewSchema.Column> active)
    {
        (_scoring, _input) = (scoring, input);
        _active = [.. active.Select(c => c.Index)];
        var columns = scoring.OutputSchema.Where(IsColumnActive).ToLookup(scoring.IsInput);
        _batch = new RowBatch<TRow, TScores>(scoring, input, columns[true], [.. columns[false]]);
    }

    public override long Position => _position;

    public override long Batch => _position < 0 ? 0 : _batch.InputBatchOf(_row);

    public override DataViewSchema Schema => _scoring.OutputSchema;

    public override bool MoveNext()
    {
        if (_disposed)
            return false;
        if (++_row >= _batch.Count)
        {
            _row = 0;
            if (!_batch.Fill())
            {
                Dispose();
                return false;
            }
        }
        _position++;
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _batch.IdOf(CurrentRow());

    /// <exception cref="ArgumentOutOfRangeException">The column is not active.</exception>
    /// <exception cref="InvalidOperationException">The column is of another type.</exception>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active.");
        var getter = _scoring.IsInput(column) ? _batch.CreateGetter(column, CurrentRow)
            : _scoring.CreateGetter(column, () => ScoresFor(column));
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' is {column.Type}, not {typeof(TValue)}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        _position = -1;
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    /// <exception cref="ArithmeticException">The present row's scores cannot be given out; names row and column.</exception>
    private TScores ScoresFor(DataViewSchema.Column column)
    {
        var scores = _batch.ScoresOf(CurrentRow());
        return _scoring.FaultOf(column, scores) is { } fault ? throw Scores.Refusal(_position, column, fault) : scores;
    }

    private int CurrentRow() => _position >= 0 ? _row
        : throw new InvalidOperationException("The cursor stands on no row: before the first MoveNext, or after the last.");
}
