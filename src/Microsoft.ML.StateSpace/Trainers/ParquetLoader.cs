using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Loads Parquet files of one schema, which a sample of them gave; it can be saved beside a model.</summary>
/// <remarks>Nothing is read but footers until a cursor asks for rows, except in the long form when keys are not contiguous.</remarks>
public sealed partial class ParquetLoader : IDataLoader<IMultiStreamSource>
{
    private readonly IHost _host;
    private readonly DataViewSchema _schema;

    internal ParquetLoader(IHostEnvironment env, IReadOnlyList<ParquetSource> sample, ParquetLoadOptions options)
        : this(env, options, ParquetSequences.Open(sample, options))
    {
    }

    // What the sample decides is kept: later files must have the same columns.
    private ParquetLoader(IHostEnvironment env, ParquetLoadOptions options, (DataViewSchema Schema, IReadOnlyList<string> ValueNames) sample)
        : this(env, options.KeyColumnName is null
            ? options with { ColumnNames = sample.Schema.Select(column => column.Name).ToList() }
            : options with { ValueColumnNames = sample.ValueNames }, sample.Schema)
    {
    }

    private ParquetLoader(IHostEnvironment env, ParquetLoadOptions options, DataViewSchema schema) =>
        (_host, Options, _schema) = (env.Register(nameof(ParquetLoader)), options, schema);

    /// <summary>How rows form sequences, with the columns that the sample had.</summary>
    public ParquetLoadOptions Options { get; }

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema() => _schema;

    /// <summary>Loads files, folders of *.parquet files or patterns, in which * and ? stand for parts of a name and ** for any folders.</summary>
    /// <exception cref="DataFileException">A file cannot be used, lacks a column, or has one of another type.</exception>
    public IDataView Load(params string[] paths) => Load(ParquetSequences.Find(paths));

    /// <summary>Loads the streams of a source, which must be seekable.</summary>
    /// <exception cref="DataFileException">A file cannot be used, lacks a column, or has one of another type.</exception>
    public IDataView Load(IMultiStreamSource input) => Load(ParquetSequences.Find(input));

    private IDataView Load(IReadOnlyList<ParquetSource> sources)
    {
        IDataView view = ParquetSequences.Load(sources, Options);
        foreach ((DataViewSchema.Column expected, DataViewSchema.Column actual) in _schema.Zip(view.Schema))
        {
            if (!actual.Type.Equals(expected.Type))
            {
                throw new DataFileException(sources[0].Name, $"its type is {actual.Type}, the loader's is {expected.Type}; convert the file, or make the loader from a sample of it", column: actual.Name);
            }
        }

        return view;
    }
}
