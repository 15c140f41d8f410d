using System.Buffers.Binary;
using Parquet.Meta;

namespace Parquet;

/// <summary>What the reader and the writer share: the stream and the file's ends.</summary>
public class ParquetActor
{
    private const int TailLength = 8;

    internal ParquetActor(Stream stream) => Stream = stream ?? throw new ArgumentNullException(nameof(stream));

    internal static ReadOnlySpan<byte> Magic => "PAR1"u8;

    protected Stream Stream { get; }

    /// <summary>Checks the magic bytes at both ends and reads the footer.</summary>
    internal async ValueTask<FileMetaData> ReadMetadataAsync(CancellationToken cancellation)
    {
        var head = new byte[4];
        var tail = new byte[TailLength];
        Stream.Seek(0, SeekOrigin.Begin);
        await Stream.ReadExactlyAsync(head, cancellation).ConfigureAwait(false);
        Stream.Seek(-TailLength, SeekOrigin.End);
        await Stream.ReadExactlyAsync(tail, cancellation).ConfigureAwait(false);
        if (!Magic.SequenceEqual(head) || !Magic.SequenceEqual(tail.AsSpan(4)))
        {
            throw new IOException($"not a parquet file, head: {Convert.ToHexString(head)}, tail: {Convert.ToHexString(tail, 4, 4)}");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length <= 0 || length > Stream.Length - TailLength - head.Length)
        {
            throw new IOException($"a footer of {length} bytes does not fit into a file of {Stream.Length}");
        }

        var footer = new byte[length];
        Stream.Seek(-TailLength - length, SeekOrigin.End);
        await Stream.ReadExactlyAsync(footer, cancellation).ConfigureAwait(false);
        return FileMetaData.Read(footer);
    }
}
