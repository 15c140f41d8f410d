using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Reads Parquet files, a row group at a time.</summary>
public class ParquetReader : ParquetActor, IAsyncDisposable
{
    private readonly bool _leaveStreamOpen;
    private readonly ParquetRowGroupReader[] _groups;

    private ParquetReader(Stream input, bool leaveStreamOpen, FileMetaData metadata, ParquetOptions options) : base(input)
    {
        _leaveStreamOpen = leaveStreamOpen;
        Metadata = metadata;
        Schema = SchemaReader.Read(metadata.Schema, options);
        _groups = metadata.RowGroups.Select(group => new ParquetRowGroupReader(group, Schema, input)).ToArray();
    }

    public FileMetaData? Metadata { get; }

    public ParquetSchema Schema { get; }

    public int RowGroupCount => _groups.Length;

    public IReadOnlyList<ParquetRowGroupReader> RowGroups => _groups;

    /// <summary>The file's own key and value pairs.</summary>
    public Dictionary<string, string> CustomMetadata =>
        (Metadata?.KeyValueMetadata ?? []).ToDictionary(pair => pair.Key, pair => pair.Value!);

    /// <summary>Opens a file, which is closed with the reader.</summary>
    public static async Task<ParquetReader> CreateAsync(
        string filePath, ParquetOptions? parquetOptions = null, CancellationToken cancellationToken = default)
    {
        Stream file = File.OpenRead(filePath);
        bool opened = false;
        try
        {
            ParquetReader reader = await CreateAsync(file, parquetOptions, leaveStreamOpen: false, cancellationToken).ConfigureAwait(false);
            opened = true;
            return reader;
        }
        finally
        {
            if (!opened)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <exception cref="ArgumentException">The stream cannot be read or sought.</exception>
    /// <exception cref="IOException">This is no Parquet file.</exception>
    public static async Task<ParquetReader> CreateAsync(
        Stream input, ParquetOptions? parquetOptions = null, bool leaveStreamOpen = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!input.CanRead || !input.CanSeek)
        {
            throw new ArgumentException("stream must be readable and seekable", nameof(input));
        }

        if (input.Length <= 8)
        {
            throw new IOException("not a Parquet file (size too small)");
        }

        FileMetaData metadata = await new ParquetActor(input).ReadMetadataAsync(cancellationToken).ConfigureAwait(false);
        return new ParquetReader(input, leaveStreamOpen, metadata, parquetOptions ?? new ParquetOptions());
    }

    public static async Task<ParquetSchema> ReadSchemaAsync(string filePath)
    {
        await using ParquetReader reader = await CreateAsync(filePath).ConfigureAwait(false);
        return reader.Schema;
    }

    public static async Task<ParquetSchema> ReadSchemaAsync(Stream parquetStream)
    {
        await using ParquetReader reader = await CreateAsync(parquetStream).ConfigureAwait(false);
        return reader.Schema;
    }

    public ParquetRowGroupReader OpenRowGroupReader(int index) => _groups[index];

    public ValueTask DisposeAsync() => _leaveStreamOpen ? ValueTask.CompletedTask : Stream.DisposeAsync();
}
