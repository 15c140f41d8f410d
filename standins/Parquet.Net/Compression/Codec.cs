using System.IO.Compression;
using Parquet.Encodings;
using Parquet.Meta;

namespace Parquet.Compression;

/// <summary>Page compression by codec. Nothing is allocated for a claimed length that the compressed bytes cannot hold.</summary>
internal static class Codec
{
    /// <summary>What a decompressor may fill before more is allocated.</summary>
    public const int FirstBuffer = 1 << 20;

    private const long MaxDeflateRatio = 1032;

    /// <summary>The page compressed, in a sink's memory; the page itself where nothing is compressed.</summary>
    public static ReadOnlyMemory<byte> Compress(CompressionMethod method, CompressionLevel level, ReadOnlyMemory<byte> page, ByteSink sink)
    {
        switch (method)
        {
            case CompressionMethod.None:
                return page;
            case CompressionMethod.Snappy:
                Snappy.Compress(page.Span, sink);
                break;
            case CompressionMethod.Gzip:
                Through(page, sink, to => new GZipStream(to, level, leaveOpen: true));
                break;
            case CompressionMethod.Brotli:
                Through(page, sink, to => new BrotliStream(to, level, leaveOpen: true));
                break;
            case CompressionMethod.Zstd:
                Zstd.Compress(page.Span, level, sink);
                break;
            default:
                throw new NotSupportedException($"compression {method} is not supported");
        }

        return sink.WrittenMemory;
    }

    /// <summary>A page that should have the given length, decompressed in a sink's memory; the source itself where nothing is compressed.</summary>
    public static ReadOnlyMemory<byte> Decompress(CompressionCodec codec, ReadOnlyMemory<byte> source, int expected, ByteSink sink)
    {
        switch (codec)
        {
            case CompressionCodec.UNCOMPRESSED:
                return source;
            case CompressionCodec.SNAPPY:
                Snappy.Decompress(source.Span, sink);
                break;
            case CompressionCodec.GZIP:
                From(source, expected, MaxDeflateRatio, sink, from => new GZipStream(from, CompressionMode.Decompress));
                break;
            case CompressionCodec.BROTLI:
                From(source, expected, int.MaxValue, sink, from => new BrotliStream(from, CompressionMode.Decompress));
                break;
            case CompressionCodec.ZSTD:
                Zstd.Decompress(source.Span, expected, sink);
                break;
            default:
                throw new NotSupportedException($"compression {codec} is not supported");
        }

        return sink.WrittenMemory;
    }

    private static void Through(ReadOnlyMemory<byte> page, ByteSink sink, Func<Stream, Stream> compressor)
    {
        var compressed = new MemoryStream();
        using (Stream stream = compressor(compressed))
        {
            stream.Write(page.Span);
        }

        sink.Add(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
    }

    private static void From(ReadOnlyMemory<byte> source, int expected, long ratio, ByteSink sink, Func<Stream, Stream> decompressor)
    {
        int most = (int)Math.Min(expected, Math.Min(Array.MaxLength, ratio * source.Length));
        using Stream stream = decompressor(new ReadOnlyMemoryStream(source));
        for (int read = 1; read > 0 && sink.Length < most;)
        {
            Span<byte> room = sink.Reserve(Math.Min(FirstBuffer, most - sink.Length));
            read = stream.Read(room);
            sink.Shorten(room.Length - read);
        }
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
