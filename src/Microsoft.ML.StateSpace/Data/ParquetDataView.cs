using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Rows of one or more Parquet files, a row per sequence, read a row group and only the asked columns at a time.</summary>
/// <remarks>
/// A shuffled cursor takes the row groups in random order, a block of some of them at a time, and the rows of a block in random
/// order: all of it depends on the <see cref="Random"/> alone. A set of cursors shares the blocks out.
/// </remarks>
internal sealed class ParquetDataView : IDataView
{
    private readonly ParquetLayout _layout;
    private readonly ParquetLoadOptions _options;

    /// <summary>A view of the columns that the layout has.</summary>
    public ParquetDataView(ParquetLayout layout, ParquetLoadOptions options)
    {
        _layout = layout;
        _options = options;
        var builder = new DataViewSchema.Builder();
        foreach (ParquetColumn column in layout.Columns)
        {
            builder.AddColumn(column.Name, column.Type);
        }

        Schema = builder.ToSchema();
    }

    /// <summary>The name of the first file, which faults of the table as a whole are told of.</summary>
    public string FirstFile => _layout.NameOf(0);

    /// <inheritdoc/>
    public bool CanShuffle => true;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => _layout.RowCount;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = Activate(columnsNeeded);
        return new ParquetCursor(Schema, _layout, active, OrderOf(active, rand));
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        bool[] active = Activate(columnsNeeded);
        IReadOnlyList<ParquetBlock> blocks = OrderOf(active, rand);
        int cursors = Math.Min(n, Math.Max(1, blocks.Count));
        return Enumerable.Range(0, cursors)
            .Select(cursor => (DataViewRowCursor)new ParquetCursor(Schema, _layout, active, blocks.Where(block => block.Number % cursors == cursor).ToList()))
            .ToArray();
    }

    private IReadOnlyList<ParquetBlock> OrderOf(bool[] active, Random? random)
    {
        foreach (ParquetGroupPlace group in _layout.Groups)
        {
            if (group.BytesOf(active) is var bytes && bytes > _options.MaxBufferedBytes)
            {
                throw new DataFileException(
                    _layout.NameOf(group.File),
                    $"row group {group.Index} has {group.RowCount} rows and needs about {bytes >> 20} MiB of memory, {_options.MaxBufferedBytes >> 20} MiB are allowed; "
                    + "write the file with smaller row groups, ask for fewer columns, or raise MaxBufferedBytes",
                    group.FirstRow);
            }
        }

        return random is null
            ? ParquetRowOrder.InOrder(_layout)
            : ParquetRowOrder.Shuffled(_layout, active, random, _options.ShuffleBufferRows, _options.MaxBufferedBytes);
    }

    private bool[] Activate(IEnumerable<DataViewSchema.Column> columns)
    {
        var active = new bool[Schema.Count];
        foreach (DataViewSchema.Column column in columns)
        {
            active[column.Index] = true;
        }

        return active;
    }
}
