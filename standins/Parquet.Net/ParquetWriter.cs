using System.Buffers.Binary;
using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Writes Parquet files, a row group at a time; the footer is written on disposal.</summary>
public sealed class ParquetWriter : ParquetActor, IAsyncDisposable
{
    private readonly ParquetOptions _options;
    private readonly FileMetaData _footer;
    private readonly List<ParquetRowGroupWriter> _groups = [];
    private readonly IReadOnlyList<(SchemaElement Element, FieldPath Path)> _leaves;

    private ParquetWriter(ParquetSchema schema, Stream output, ParquetOptions? options) : base(output)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (!output.CanWrite)
        {
            throw new ArgumentException("stream is not writeable", nameof(output));
        }

        _options = options ?? new ParquetOptions();
        _footer = new FileMetaData { Version = 1, Schema = SchemaWriter.Write(schema), CreatedBy = "Parquet.Net version 6.1.0 (build standin)" };
        _leaves = _footer.Schema.Where(e => e.Type is not null).Zip(schema.GetDataFields(), (e, f) => (e, f.Path)).ToList();
    }

    /// <summary>The file's own key and value pairs; set before the writer is disposed.</summary>
    public IReadOnlyDictionary<string, string> CustomMetadata
    {
        get => (_footer.KeyValueMetadata ?? []).ToDictionary(pair => pair.Key, pair => pair.Value!);
        set => _footer.KeyValueMetadata = value.Count == 0
            ? null
            : value.Select(pair => new KeyValue { Key = pair.Key, Value = pair.Value }).ToList();
    }

    /// <exception cref="NotSupportedException">Appending, which this subset lacks.</exception>
    public static async Task<ParquetWriter> CreateAsync(
        ParquetSchema schema, Stream output, ParquetOptions? options = null, bool append = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (append)
        {
            throw new NotSupportedException("appending to a file is not supported");
        }

        var writer = new ParquetWriter(schema, output.CanSeek ? output : new CountingStream(output), options);
        await writer.Stream.WriteAsync(Magic.ToArray(), cancellationToken).ConfigureAwait(false);
        return writer;
    }

    public ParquetRowGroupWriter CreateRowGroup()
    {
        var group = new ParquetRowGroupWriter(Stream, _leaves, _options);
        _footer.RowGroups.Add(group.RowGroup);
        _groups.Add(group);
        return group;
    }

    public async ValueTask DisposeAsync()
    {
        _footer.NumRows = _groups.Sum(group => group.RowGroup.NumRows);
        ReadOnlyMemory<byte> footer = _footer.Write();
        await Stream.WriteAsync(footer).ConfigureAwait(false);
        var tail = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Length);
        Magic.CopyTo(tail.AsSpan(4));
        await Stream.WriteAsync(tail).ConfigureAwait(false);
        await Stream.FlushAsync().ConfigureAwait(false);
    }
}

/// <summary>A stream that knows how much was written to it, for those that cannot tell their position.</summary>
internal sealed class CountingStream(Stream inner) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _written += buffer.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        _written += buffer.Length;
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
