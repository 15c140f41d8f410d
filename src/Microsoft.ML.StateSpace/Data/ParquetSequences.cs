namespace Microsoft.ML.StateSpace.Data;

/// <summary>Loads Parquet files as a data view, a row per sequence.</summary>
internal static class ParquetSequences
{
    private const string Pattern = "*.parquet";

    /// <summary>Loads files of one table.</summary>
    /// <param name="paths">Files, or folders of *.parquet files, in the order of their rows.</param>
    /// <param name="options">Columns, and the long form; null: every column, a row per sequence.</param>
    /// <exception cref="ArgumentException">No path is given, or the options contradict one another.</exception>
    /// <exception cref="DataFileException">A file cannot be used, or lacks a column.</exception>
    public static IDataView Load(IEnumerable<string> paths, ParquetLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        options ??= new ParquetLoadOptions();
        List<string> files = paths.SelectMany(Expand).ToList();
        if (options.KeyColumnName is null)
        {
            return new ParquetDataView(files, options.ColumnNames);
        }

        ParquetLongForm form = ParquetLongForm.From(new ParquetDataView(files), files[0], options);
        return new ParquetLongDataView(form);
    }

    private static IEnumerable<string> Expand(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files = Directory.GetFiles(path, Pattern);
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length > 0 ? files : throw new DataFileException(path, $"the folder holds no {Pattern} files");
    }
}
