using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML;

/// <summary>Loads, groups and saves sequences.</summary>
public sealed partial class StateSpaceDataCatalog
{
    private readonly MLContext _context;

    internal StateSpaceDataCatalog(MLContext context) => _context = context;

    /// <summary>Sequences of Parquet files: list columns become vectors, a row per sequence, streamed by row group.</summary>
    /// <param name="path">A file, a folder of *.parquet files, or a pattern, in which * and ? stand for parts of a name and ** for any
    /// folders; files come in ordinal order.</param>
    /// <param name="options">How rows form sequences; null: a row is a sequence.</param>
    /// <exception cref="DataFileException">The file is missing, no Parquet file, damaged, or of a type that is not read.</exception>
    public IDataView LoadFromParquet(string path, ParquetLoadOptions? options = null) => LoadFromParquet([path], options);

    /// <summary>Sequences of several Parquet files of one schema, one after another.</summary>
    /// <param name="paths">Files, folders and patterns, in the order of their rows.</param>
    /// <param name="options">How rows form sequences; null: a row is a sequence.</param>
    /// <inheritdoc cref="LoadFromParquet(string, ParquetLoadOptions?)"/>
    public IDataView LoadFromParquet(IEnumerable<string> paths, ParquetLoadOptions? options = null) =>
        ParquetSequences.Load(paths, options);

    /// <summary>A loader of Parquet files, which can be saved beside a model by <c>mlContext.Model.Save(model, loader, …)</c>.</summary>
    /// <param name="dataSample">A file, folder or pattern that the schema is taken from.</param>
    /// <param name="options">How rows form sequences; null: a row is a sequence.</param>
    /// <exception cref="DataFileException">The sample is missing, no Parquet file, damaged, or of a type that is not read.</exception>
    public ParquetLoader CreateParquetLoader(string dataSample, ParquetLoadOptions? options = null) =>
        new(_context, ParquetSequences.Find([dataSample]), options ?? new ParquetLoadOptions());

    /// <summary>A loader of Parquet files.</summary>
    /// <param name="dataSample">Files that the schema is taken from.</param>
    /// <param name="options">How rows form sequences; null: a row is a sequence.</param>
    /// <inheritdoc cref="CreateParquetLoader(string, ParquetLoadOptions?)"/>
    public ParquetLoader CreateParquetLoader(IMultiStreamSource dataSample, ParquetLoadOptions? options = null) =>
        new(_context, ParquetSequences.Find(dataSample), options ?? new ParquetLoadOptions());

    /// <summary>Makes sequences, a row each, of a table with a row per step, such as a text file; long series can be cut into windows.</summary>
    /// <param name="data">The steps.</param>
    /// <param name="options">Which columns play which part.</param>
    /// <exception cref="ArgumentException">An option is out of range, or needs another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">Two steps of a sequence have the same place, or one has none; names row and column.</exception>
    public IDataView GroupIntoSequences(IDataView data, SequenceGroupingOptions options)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return new LongFormDataView(new LongForm(data, options));
    }

    /// <summary>Makes sequences of a table with a row per step.</summary>
    /// <param name="data">The steps.</param>
    /// <param name="keyColumnName">The column (text or integer) that names a step's sequence; null: all steps are one sequence.</param>
    /// <param name="orderColumnName">The column (number or time) that orders the steps; null: the order of the rows.</param>
    /// <param name="valueColumnNames">The observed columns; none: every Single and Double column that has no other part.</param>
    /// <inheritdoc cref="GroupIntoSequences(IDataView, SequenceGroupingOptions)"/>
    public IDataView GroupIntoSequences(IDataView data, string? keyColumnName, string? orderColumnName, params string[] valueColumnNames) =>
        GroupIntoSequences(data, new SequenceGroupingOptions
        {
            KeyColumnName = keyColumnName,
            OrderColumnName = orderColumnName,
            ValueColumnNames = valueColumnNames.Length > 0 ? valueColumnNames : null,
        });

    /// <summary>Writes the rows of a data view into a Parquet file: values and text as columns, vectors as lists.</summary>
    /// <remarks>The file appears under its name only when it is complete. Sizes of vectors and annotations are not kept.</remarks>
    /// <param name="data">The rows.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="options">Columns, compression and row groups; null: the defaults.</param>
    /// <param name="cancellationToken">Stops between two rows, leaving nothing behind.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of a type that Parquet cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public void SaveAsParquet(IDataView data, string path, ParquetSaveOptions? options = null, CancellationToken cancellationToken = default) =>
        ParquetSequenceWriter.Write(data, path, options, cancellationToken);
}
