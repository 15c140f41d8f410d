using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Rows read ahead of a cursor: what the scoring needs of them, what is passed on, and, once asked for, their scores.</summary>
internal sealed class RowBatch<TRow, TScores>
{
    private readonly BatchScoring<TRow, TScores> _scoring;
    private readonly DataViewRowCursor _input;
    private readonly IReadOnlyList<DataViewSchema.Column> _computed;
    private readonly Dictionary<int, ColumnBuffer> _passed;
    private readonly Func<TRow> _read;
    private readonly ValueGetter<DataViewRowId> _readId;
    private readonly TRow[] _rows;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _inputBatches;
    private IReadOnlyList<TScores>? _scores;
    private ExceptionDispatchInfo? _failure;
    private bool _ended;

    public RowBatch(BatchScoring<TRow, TScores> scoring, DataViewRowCursor input,
        IEnumerable<DataViewSchema.Column> passed, IReadOnlyList<DataViewSchema.Column> computed)
    {
        int capacity = Math.Max(1, scoring.RowsPerBatch);
        (_scoring, _input, _computed) = (scoring, input, computed);
        _read = scoring.CreateReader(input, computed);
        _readId = input.GetIdGetter();
        _passed = passed.ToDictionary(c => c.Index, c => ColumnBuffer.Create(input, input.Schema[c.Index], capacity));
        (_rows, _ids, _inputBatches) = (new TRow[capacity], new DataViewRowId[capacity], new long[capacity]);
    }

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Reads the next rows. False when there are none.</summary>
    /// <remarks>A failure after the first row is thrown by the next call: the rows before it have been given out then.</remarks>
    public bool Fill()
    {
        Count = 0;
        _scores = null;
        _failure?.Throw();
        try
        {
            while (Count < _rows.Length && Advance())
                Count++;
        }
        catch (Exception e) when (Count > 0)
        {
            // Whatever it is, it belongs to a row that the consumer has not come to yet.
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        return Count > 0;
    }

    public DataViewRowId IdOf(int row) => _ids[row];

    public long InputBatchOf(int row) => _inputBatches[row];

    /// <summary>A row's scores; the first call scores all rows of the batch.</summary>
    /// <exception cref="InvalidOperationException">The scoring did not give scores for each row.</exception>
    public TScores ScoresOf(int row)
    {
        if (_scores is null)
        {
            var scores = _scoring.Score(new ArraySegment<TRow>(_rows, 0, Count), _computed);
            _scores = scores.Count == Count ? scores
                : throw new InvalidOperationException($"{Count} rows were scored, but {scores.Count} scores came back.");
        }
        return _scores[row];
    }

    /// <summary>A getter of a column that is passed on.</summary>
    public Delegate CreateGetter(DataViewSchema.Column column, Func<int> current) => _passed[column.Index].CreateGetter(current);

    private bool Advance()
    {
        if (_ended || !_input.MoveNext())
        {
            _ended = true;
            return false;
        }
        _rows[Count] = _read();
        _readId(ref _ids[Count]);
        _inputBatches[Count] = _input.Batch;
        foreach (var column in _passed.Values)
            column.Keep(Count);
        return true;
    }
}
