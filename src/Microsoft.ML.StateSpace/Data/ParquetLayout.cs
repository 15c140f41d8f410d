namespace Microsoft.ML.StateSpace.Data;

/// <summary>A row group of one of a table's files, as the footer tells of it.</summary>
/// <param name="File">The file's number.</param>
/// <param name="Index">The group's number in the file.</param>
/// <param name="FirstRow">The file's row that it starts at.</param>
/// <param name="TableRow">The table's row that it starts at.</param>
/// <param name="RowCount">Its rows, at least 1.</param>
/// <param name="Bytes">For each column, about the most memory that reading it takes.</param>
internal sealed record ParquetGroupPlace(int File, int Index, long FirstRow, long TableRow, int RowCount, long[] Bytes)
{
    /// <summary>About the most memory that reading some of the columns takes.</summary>
    public long BytesOf(bool[] active) => Bytes.Where((_, column) => active[column]).Sum();
}

/// <summary>What is where in the files of one table: columns and row groups. It is read once and shared by all cursors.</summary>
internal sealed class ParquetLayout
{
    private readonly IReadOnlyList<ParquetSource> _sources;
    private readonly IReadOnlyList<long>[] _firstRows;

    /// <summary>Reads the footers of the files.</summary>
    /// <param name="sources">Files of one table; the first one's columns count.</param>
    /// <param name="columnNames">Columns to take; null: all that ML.NET can hold.</param>
    /// <exception cref="ArgumentException">There are no files.</exception>
    /// <exception cref="DataFileException">A file cannot be used, or lacks a column.</exception>
    public ParquetLayout(IReadOnlyList<ParquetSource> sources, IReadOnlyList<string>? columnNames)
    {
        if (sources.Count == 0)
        {
            throw new ArgumentException("At least one Parquet file is needed.", nameof(sources));
        }

        _sources = sources;
        _firstRows = new IReadOnlyList<long>[sources.Count];
        using (ParquetFile first = ParquetFile.Open(sources[0]))
        {
            Columns = Choose(first, columnNames);
        }

        var groups = new List<ParquetGroupPlace>();
        for (int i = 0; i < sources.Count; i++)
        {
            using ParquetFile file = ParquetFile.Open(sources[i]);
            _firstRows[i] = file.FirstRows;
            Add(groups, i, file);
        }

        Groups = groups;
    }

    /// <summary>The columns taken.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    /// <summary>The row groups that have rows, in the order of the table.</summary>
    public IReadOnlyList<ParquetGroupPlace> Groups { get; }

    /// <summary>The table's rows.</summary>
    public long RowCount { get; private set; }

    /// <summary>Opens one of the files.</summary>
    /// <exception cref="DataFileException">It cannot be read, or is no longer what it was.</exception>
    public ParquetFile Open(int file)
    {
        ParquetFile opened = ParquetFile.Open(_sources[file]);
        if (opened.FirstRows.SequenceEqual(_firstRows[file]))
        {
            return opened;
        }

        opened.Dispose();
        throw new DataFileException(_sources[file].Name, "it has changed since it was loaded; load it again");
    }

    /// <summary>The name of one of the files.</summary>
    public string NameOf(int file) => _sources[file].Name;

    private void Add(List<ParquetGroupPlace> groups, int number, ParquetFile file)
    {
        ParquetColumn[] own = Columns.Select(file.Find).ToArray();
        for (int g = 0; g < file.GroupCount; g++)
        {
            int rows = (int)(file.FirstRows[g + 1] - file.FirstRows[g]);
            if (rows > 0)
            {
                long[] bytes = own.Select(column => file.MemoryOf(g, column)).ToArray();
                groups.Add(new ParquetGroupPlace(number, g, file.FirstRows[g], RowCount, rows, bytes));
                RowCount += rows;
            }
        }
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
