using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Rows of one or more Parquet files, a row per sequence, read a row group and only the asked columns at a time.</summary>
internal sealed class ParquetDataView : IDataView
{
    private readonly IReadOnlyList<string> _paths;
    private readonly IReadOnlyList<long> _rowCounts;
    private readonly IReadOnlyList<ParquetColumn> _columns;

    /// <summary>Reads the footers of the files.</summary>
    /// <param name="paths">Files of one table; the first one's columns count.</param>
    /// <param name="columnNames">Columns to show; null: all that ML.NET can hold.</param>
    /// <exception cref="ArgumentException">There are no files.</exception>
    /// <exception cref="DataFileException">A file cannot be used, or lacks a column.</exception>
    public ParquetDataView(IReadOnlyList<string> paths, IReadOnlyList<string>? columnNames = null)
    {
        if (paths.Count == 0)
        {
            throw new ArgumentException("At least one Parquet file is needed.", nameof(paths));
        }

        _paths = paths;
        using (ParquetFile first = ParquetFile.Open(paths[0]))
        {
            _columns = Choose(first, columnNames);
        }

        var counts = new long[paths.Count];
        for (int i = 0; i < counts.Length; i++)
        {
            using ParquetFile file = ParquetFile.Open(paths[i]);
            foreach (ParquetColumn column in _columns)
            {
                file.Find(column);
            }

            counts[i] = file.RowCount;
        }

        _rowCounts = counts;
        var builder = new DataViewSchema.Builder();
        foreach (ParquetColumn column in _columns)
        {
            builder.AddColumn(column.Name, column.Type);
        }

        Schema = builder.ToSchema();
    }

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => _rowCounts.Sum();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        OpenCursor(columnsNeeded);

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [OpenCursor(columnsNeeded)];

    /// <summary>A cursor that also tells which file and row it stands on.</summary>
    public ParquetCursor OpenCursor(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        var active = new bool[_columns.Count];
        foreach (DataViewSchema.Column column in columnsNeeded)
        {
            active[column.Index] = true;
        }

        return new ParquetCursor(Schema, _paths, _rowCounts, _columns, active);
    }

    private static IReadOnlyList<ParquetColumn> Choose(ParquetFile file, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            return file.Columns.Count > 0
                ? file.Columns
                : throw new DataFileException(file.Path, "none of its columns is of a type that ML.NET can hold: numbers, text, booleans, times and lists of these");
        }

        return names.Select(name => Choose(file, name)).ToList();
    }

    private static ParquetColumn Choose(ParquetFile file, string name)
    {
        if (file.Columns.FirstOrDefault(column => column.Name == name) is { } found)
        {
            return found;
        }

        string fault = file.Unsupported.TryGetValue(name, out string? reason)
            ? $"{reason}, which is not supported; convert it to numbers, text, booleans, times or lists of these"
            : $"there is no such column; it has {string.Join(", ", file.Columns.Select(column => column.Name))}";
        throw new DataFileException(file.Path, fault, column: name);
    }
}
