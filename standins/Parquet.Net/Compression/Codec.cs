using System.IO.Compression;
using Parquet.Meta;

namespace Parquet.Compression;

/// <summary>Page compression by codec. Nothing is allocated for a claimed length that the compressed bytes cannot hold.</summary>
internal static class Codec
{
    /// <summary>What a decompressor may fill before more is allocated.</summary>
    public const int FirstBuffer = 1 << 20;

    private const long MaxDeflateRatio = 1032;

    public static ReadOnlyMemory<byte> Compress(CompressionMethod method, CompressionLevel level, ReadOnlyMemory<byte> page) => method switch
    {
        CompressionMethod.None => page,
        CompressionMethod.Snappy => Snappy.Compress(page.Span),
        CompressionMethod.Gzip => Through(page, to => new GZipStream(to, level, leaveOpen: true)),
        CompressionMethod.Brotli => Through(page, to => new BrotliStream(to, level, leaveOpen: true)),
        CompressionMethod.Zstd => Zstd.Compress(page.Span, level),
        _ => throw new NotSupportedException($"compression {method} is not supported"),
    };

    /// <summary>Decompresses a page that should have the given length.</summary>
    public static ReadOnlyMemory<byte> Decompress(CompressionCodec codec, ReadOnlyMemory<byte> source, int expected) => codec switch
    {
        CompressionCodec.UNCOMPRESSED => source,
        CompressionCodec.SNAPPY => Snappy.Decompress(source.Span),
        CompressionCodec.GZIP => From(source, expected, MaxDeflateRatio, from => new GZipStream(from, CompressionMode.Decompress)),
        CompressionCodec.BROTLI => From(source, expected, int.MaxValue, from => new BrotliStream(from, CompressionMode.Decompress)),
        CompressionCodec.ZSTD => Zstd.Decompress(source.Span, expected),
        _ => throw new NotSupportedException($"compression {codec} is not supported"),
    };

    private static ReadOnlyMemory<byte> Through(ReadOnlyMemory<byte> page, Func<Stream, Stream> compressor)
    {
        var compressed = new MemoryStream();
        using (Stream stream = compressor(compressed))
        {
            stream.Write(page.Span);
        }

        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }

    private static ReadOnlyMemory<byte> From(ReadOnlyMemory<byte> source, int expected, long ratio, Func<Stream, Stream> decompressor)
    {
        int most = (int)Math.Min(expected, Math.Min(Array.MaxLength, ratio * source.Length));
        var page = new byte[Math.Min(most, FirstBuffer)];
        using Stream stream = decompressor(new ReadOnlyMemoryStream(source));
        int written = 0;
        while (written < most)
        {
            if (written == page.Length)
            {
                Array.Resize(ref page, (int)Math.Min(2L * page.Length, most));
            }

            int read = stream.Read(page, written, page.Length - written);
            if (read == 0)
            {
                break;
            }

            written += read;
        }

        return page.AsMemory(0, written);
    }
}

/// <summary>Reads memory as a stream.</summary>
internal sealed class ReadOnlyMemoryStream(ReadOnlyMemory<byte> memory) : Stream
{
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => memory.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, memory.Length - _position);
        memory.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
