using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Loads Parquet files as a data view, a row per sequence.</summary>
internal static class ParquetSequences
{
    private const string Pattern = "*.parquet";

    /// <summary>Loads files of one table.</summary>
    /// <param name="paths">Files, folders of *.parquet files, or patterns (see <see cref="FilePattern"/>), in the order of their rows.</param>
    /// <param name="options">Columns, and the long form; null: every column, a row per sequence.</param>
    /// <exception cref="ArgumentException">No path is given, or the options contradict one another.</exception>
    /// <exception cref="DataFileException">A file cannot be used, or lacks a column.</exception>
    public static IDataView Load(IEnumerable<string> paths, ParquetLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Load(Find(paths), options ?? new ParquetLoadOptions());
    }

    /// <summary>Loads files of one table.</summary>
    /// <inheritdoc cref="Load(IEnumerable{string}, ParquetLoadOptions?)"/>
    public static IDataView Load(IReadOnlyList<ParquetSource> sources, ParquetLoadOptions options)
    {
        options.Check();
        var view = new ParquetDataView(new ParquetLayout(sources, options.SourceColumnNames), options);
        return options.KeyColumnName is null ? view : new LongFormDataView(new LongForm(view, options.Grouping));
    }

    /// <summary>The schema of files of one table, and the columns that are observed (in the long form).</summary>
    /// <inheritdoc cref="Load(IEnumerable{string}, ParquetLoadOptions?)"/>
    public static (DataViewSchema Schema, IReadOnlyList<string> ValueNames) Open(IReadOnlyList<ParquetSource> sources, ParquetLoadOptions options)
    {
        options.Check();
        var view = new ParquetDataView(new ParquetLayout(sources, options.SourceColumnNames), options);
        if (options.KeyColumnName is null)
        {
            return (view.Schema, []);
        }

        var form = new LongForm(view, options.Grouping);
        return (LongFormDataView.SchemaOf(form), form.ValueNames);
    }

    /// <summary>The files that paths stand for.</summary>
    /// <exception cref="DataFileException">A folder or a pattern has no file.</exception>
    public static IReadOnlyList<ParquetSource> Find(IEnumerable<string> paths) =>
        paths.SelectMany(path => FilePattern.Expand(path, Pattern)).Select(ParquetSource.OfFile).ToList();

    /// <summary>The files of a source; one that is no local file is read through its stream.</summary>
    /// <exception cref="DataFileException">A folder or a pattern has no file.</exception>
    public static IReadOnlyList<ParquetSource> Find(IMultiStreamSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var found = new List<ParquetSource>();
        for (int i = 0; i < source.Count; i++)
        {
            int index = i;
            string? path = source.GetPathOrNull(index);
            if (path is not null && (source is MultiFileSource || File.Exists(path)))
            {
                found.AddRange(Find([path]));
            }
            else
            {
                found.Add(new ParquetSource(path ?? $"stream {index}", () => source.Open(index)));
            }
        }

        return found;
    }
}
