using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Moves through the rows of Parquet files; each cursor opens the files for itself.</summary>
internal sealed class ParquetCursor : DataViewRowCursor, IParquetPlace
{
    private readonly IReadOnlyList<string> _paths;
    private readonly IReadOnlyList<long> _rowCounts;
    private readonly ParquetColumnReader?[] _readers;
    private ParquetFile? _file;
    private int _nextPath;
    private int _nextGroup;
    private long _position = -1;
    private bool _disposed;

    public ParquetCursor(
        DataViewSchema schema, IReadOnlyList<string> paths, IReadOnlyList<long> rowCounts, IReadOnlyList<ParquetColumn> columns, bool[] active)
    {
        Schema = schema;
        _paths = paths;
        _rowCounts = rowCounts;
        _readers = columns.Select((column, i) => active[i] ? column.CreateReader(this) : null).ToArray();
    }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => 0;

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

        if (Group is not null && Row + 1 < Group.RowCount)
        {
            Row++;
        }
        else if (MoveToGroup())
        {
            Row = 0;
        }
        else
        {
            _position = -1;
            Dispose();
            return false;
        }

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

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Position, 0);

    /// <summary>A fault at the present row.</summary>
    public DataFileException Fault(string fault, string column) =>
        new(Group!.File.Path, fault, Group.FirstRow + Row, column);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            Group = null;
            _file?.Dispose();
            _file = null;
        }

        base.Dispose(disposing);
    }

    private bool MoveToGroup()
    {
        while (true)
        {
            if (_file is not null && _nextGroup < _file.GroupCount)
            {
                Group = _file.OpenGroup(_nextGroup++);
                if (Group.RowCount > 0)
                {
                    return true;
                }
            }
            else if (!MoveToFile())
            {
                Group = null;
                return false;
            }
        }
    }

    private bool MoveToFile()
    {
        _file?.Dispose();
        _file = null;
        if (_nextPath == _paths.Count)
        {
            return false;
        }

        _file = ParquetFile.Open(_paths[_nextPath]);
        _nextGroup = 0;
        return _file.RowCount == _rowCounts[_nextPath++]
            ? true
            : throw new DataFileException(_file.Path, "it has changed since it was loaded; load it again");
    }

    private ParquetColumnReader? ReaderOf(DataViewSchema.Column column) =>
        column.Index < _readers.Length && Schema[column.Index].Name == column.Name
            ? _readers[column.Index]
            : throw new ArgumentOutOfRangeException(nameof(column), column.Name, "The column is not one of this data view's.");
}
