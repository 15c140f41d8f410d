namespace Microsoft.ML.StateSpace.Data;

/// <summary>A row group that a cursor holds, with the columns of it that have been asked for.</summary>
internal sealed class ParquetGroup(ParquetOpenFiles files, ParquetGroupPlace place)
{
    private readonly object?[] _columns = new object?[place.Bytes.Length];

    /// <summary>The file's name.</summary>
    public string FileName => files.NameOf(place.File);

    /// <summary>The file, opened again where it was closed in the meantime.</summary>
    public ParquetFile File => files.Open(place.File);

    /// <summary>The group's number in the file.</summary>
    public int Index => place.Index;

    /// <summary>The file's row that the group starts at.</summary>
    public long FirstRow => place.FirstRow;

    /// <summary>The table's row that the group starts at.</summary>
    public long TableRow => place.TableRow;

    /// <summary>The group's rows.</summary>
    public int RowCount => place.RowCount;

    /// <summary>What a column's reader has read of the group; null: nothing yet.</summary>
    public ref object? Column(int index) => ref _columns[index];
}

/// <summary>The files that a cursor reads from, the last few of them open.</summary>
internal sealed class ParquetOpenFiles(ParquetLayout layout) : IDisposable
{
    private const int Most = 8;
    private readonly List<(int Number, ParquetFile File)> _open = [];

    /// <summary>The name of a file.</summary>
    public string NameOf(int number) => layout.NameOf(number);

    /// <summary>An open file; it stays open until others have been needed after it.</summary>
    /// <exception cref="DataFileException">It cannot be read, or is no longer what it was.</exception>
    public ParquetFile Open(int number)
    {
        int at = _open.FindIndex(open => open.Number == number);
        if (at < 0 && _open.Count == Most)
        {
            _open[0].File.Dispose();
            _open.RemoveAt(0);
        }

        ParquetFile file = at < 0 ? layout.Open(number) : _open[at].File;
        if (at >= 0)
        {
            _open.RemoveAt(at);
        }

        _open.Add((number, file));
        return file;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.ForEach(open => open.File.Dispose());
        _open.Clear();
    }
}
