using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Moves through blocks of row groups; each cursor opens the files for itself and holds one block.</summary>
internal sealed class ParquetCursor : DataViewRowCursor, IParquetPlace
{
    private readonly ParquetOpenFiles _files;
    private readonly IReadOnlyList<ParquetBlock> _blocks;
    private readonly ParquetColumnReader?[] _readers;
    private ParquetGroup[] _groups = [];
    private IEnumerator<(int Group, int Row)>? _rows;
    private int _nextBlock;
    private long _position = -1;
    private bool _disposed;

    public ParquetCursor(DataViewSchema schema, ParquetLayout layout, bool[] active, IReadOnlyList<ParquetBlock> blocks)
    {
        Schema = schema;
        _files = new ParquetOpenFiles(layout);
        _blocks = blocks;
        _readers = layout.Columns.Select((column, i) => active[i] ? column.CreateReader(this, i) : null).ToArray();
    }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _nextBlock == 0 ? 0 : _blocks[_nextBlock - 1].Number;

    /// <inheritdoc/>
    public override DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public ParquetGroup? Group { get; private set; }

    /// <inheritdoc/>
    public int Row { get; private set; }

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (_disposed)
        {
            return false;
        }

        while (_rows?.MoveNext() != true)
        {
            if (!MoveToBlock())
            {
                _position = -1;
                Dispose();
                return false;
            }
        }

        (int group, Row) = _rows.Current;
        Group = _groups[group];
        _position++;
        return true;
    }

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => ReaderOf(column) is not null;

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        ParquetColumnReader reader = ReaderOf(column) ?? throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made.");
        return reader.Getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");
    }

    /// <summary>The id of a row is its place in the table, whatever the order of the cursor.</summary>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
    {
        ParquetGroup group = Group ?? throw new InvalidOperationException("The cursor stands on no row: call MoveNext, and read while it returns true.");
        id = new DataViewRowId((ulong)(group.TableRow + Row), 0);
    };

    /// <summary>A fault at the present row.</summary>
    public DataFileException Fault(string fault, string column) =>
        new(Group!.FileName, fault, Group.FirstRow + Row, column);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            Group = null;
            _groups = [];
            _files.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool MoveToBlock()
    {
        // What the last block held can go before the next one is read.
        Group = null;
        _groups = [];
        _rows = null;
        if (_nextBlock == _blocks.Count)
        {
            return false;
        }

        ParquetBlock block = _blocks[_nextBlock++];
        _groups = block.Groups.Select(place => new ParquetGroup(_files, place)).ToArray();
        _rows = block.Rows().GetEnumerator();
        return true;
    }

    private ParquetColumnReader? ReaderOf(DataViewSchema.Column column) =>
        column.Index < _readers.Length && Schema[column.Index].Name == column.Name
            ? _readers[column.Index]
            : throw new ArgumentOutOfRangeException(nameof(column), column.Name, "The column is not one of this data view's.");
}
