namespace Microsoft.ML.StateSpace.Data;

/// <summary>A table made column by column and written in one call.</summary>
/// <example><code>
/// new ParquetTable().Add("SequenceId", ids).AddLists("Observations", observations).Write("train.parquet");
/// </code></example>
internal sealed class ParquetTable
{
    private readonly List<(ParquetColumnBuffer Buffer, Action<int> Append)> _columns = [];
    private int? _rows;

    /// <summary>Adds a text column.</summary>
    /// <exception cref="ArgumentException">It has another number of rows than the columns before.</exception>
    public ParquetTable Add(string name, IReadOnlyList<string> values)
    {
        var buffer = new ParquetValueBuffer<ReadOnlyMemory<char>>(name);
        return Add(buffer, values.Count, row => buffer.Append(values[row].AsMemory()));
    }

    /// <summary>Adds a column of numbers, booleans or times.</summary>
    /// <exception cref="ArgumentException">It has another number of rows than the columns before.</exception>
    public ParquetTable Add<T>(string name, IReadOnlyList<T> values) where T : struct
    {
        var buffer = new ParquetValueBuffer<T>(name);
        return Add(buffer, values.Count, row => buffer.Append(values[row]));
    }

    /// <summary>Adds a column of lists.</summary>
    /// <exception cref="ArgumentException">It has another number of rows than the columns before.</exception>
    public ParquetTable AddLists<T>(string name, IReadOnlyList<T[]> lists) where T : struct
    {
        var buffer = new ParquetListBuffer<T>(name);
        return Add(buffer, lists.Count, row => buffer.Append(lists[row]));
    }

    /// <summary>Writes the file, which appears under its name only when it is complete.</summary>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public void Write(string path, ParquetSaveOptions? options = null)
    {
        using var writer = new ParquetFileWriter(path, _columns.Select(column => column.Buffer).ToList(), options);
        for (int row = 0; row < (_rows ?? 0); row++)
        {
            foreach ((_, Action<int> append) in _columns)
            {
                append(row);
            }

            writer.EndRow();
        }

        writer.Complete();
    }

    private ParquetTable Add(ParquetColumnBuffer buffer, int rows, Action<int> append)
    {
        if (_rows is { } expected && expected != rows)
        {
            throw new ArgumentException($"Column '{buffer.Name}' has {rows} rows, the columns before have {expected}.", nameof(rows));
        }

        _rows = rows;
        _columns.Add((buffer, append));
        return this;
    }
}
