using System.Buffers.Binary;
using Parquet.Compression;
using Parquet.Encodings;
using Parquet.Meta;
using Parquet.Meta.Proto;
using Parquet.Schema;

namespace Parquet;

/// <summary>Reads the pages of a column chunk into the caller's buffers.</summary>
internal sealed class ColumnReader<T>(Stream stream, DataField field, SchemaElement element, ColumnMetaData chunk) where T : struct
{
    private const int FirstHeaderRead = 512;
    private const int LargestHeader = 1 << 24;
    private T[]? _dictionary;
    private int _levelsRead;
    private int _valuesRead;

    public Memory<T> Values { get; init; }

    public Memory<int> DefinitionLevels { get; init; }

    public Memory<int> RepetitionLevels { get; init; }

    public async ValueTask ReadAsync(CancellationToken cancellation)
    {
        if (chunk.Type != element.Type)
        {
            throw new ParquetException($"column '{field.Path}' is stored as {chunk.Type}, its schema says {element.Type}");
        }

        long offset = chunk.NumValues == 0 ? 0 : FirstPage();
        while (_levelsRead < chunk.NumValues)
        {
            (PageHeader header, int headerLength) = await ReadHeaderAsync(offset, cancellation).ConfigureAwait(false);
            offset += headerLength;
            if (header.CompressedSize < 0 || header.UncompressedSize < 0 || header.CompressedSize > stream.Length - offset)
            {
                throw new ParquetException($"column '{field.Path}' has a page of {header.CompressedSize} bytes beyond the file's end");
            }

            using var page = new ByteSink();
            stream.Seek(offset, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(page.ReserveMemory(header.CompressedSize), cancellation).ConfigureAwait(false);
            offset += page.Length;
            ReadPage(header, page.WrittenMemory);
        }
    }

    private long FirstPage()
    {
        long first = new[] { chunk.DictionaryPageOffset ?? 0, chunk.DataPageOffset, chunk.IndexPageOffset ?? 0 }
            .Where(at => at != 0)
            .DefaultIfEmpty(0)
            .Min();
        return first > 0 && first < stream.Length
            ? first
            : throw new ParquetException($"column '{field.Path}' starts at {first}, outside of the file");
    }

    // A header's length is known only after reading it, and statistics make some of them long.
    private async ValueTask<(PageHeader Header, int Length)> ReadHeaderAsync(long offset, CancellationToken cancellation)
    {
        for (int size = FirstHeaderRead; ; size *= 8)
        {
            int count = (int)Math.Min(size, Math.Max(0, stream.Length - offset));
            var bytes = new byte[count];
            stream.Seek(offset, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
            if (TryParseHeader(bytes, isAll: count < size || size > LargestHeader, out PageHeader? header, out int length))
            {
                return (header!, length);
            }
        }
    }

    private static bool TryParseHeader(byte[] bytes, bool isAll, out PageHeader? header, out int length)
    {
        try
        {
            header = PageHeader.Read(bytes, out length);
            return true;
        }
        catch (TruncatedMetadataException) when (!isAll)
        {
            header = null;
            length = 0;
            return false;
        }
    }

    private void ReadPage(PageHeader header, ReadOnlyMemory<byte> page)
    {
        switch (header.Type)
        {
            case PageType.INDEX_PAGE:
                break;
            case PageType.DICTIONARY_PAGE when header.IsComplete:
                ReadDictionary(header, page);
                break;
            case PageType.DATA_PAGE when header.IsComplete:
                ReadVersion1(header, page);
                break;
            case PageType.DATA_PAGE_V2 when header.IsComplete:
                ReadVersion2(header, page);
                break;
            default:
                throw new ParquetException($"column '{field.Path}' has a page of type {header.Type} without its header");
        }
    }

    private void ReadDictionary(PageHeader header, ReadOnlyMemory<byte> page)
    {
        using var sink = new ByteSink();
        ReadOnlySpan<byte> bytes = Codec.Decompress(chunk.Codec, page, header.UncompressedSize, sink).Span;

        // Each entry takes at least a bit, so the page's length bounds what a forged count can ask for.
        if (_dictionary is not null || header.NumValues < 0 || header.NumValues > 8L * bytes.Length)
        {
            throw new ParquetException($"column '{field.Path}' has a second dictionary, or one of {header.NumValues} values in {bytes.Length} bytes");
        }

        _dictionary = new T[header.NumValues];
        PlainEncoding.Decode(bytes, element, _dictionary.AsSpan());
    }

    private void ReadVersion1(PageHeader header, ReadOnlyMemory<byte> page)
    {
        int count = CountOf(header);
        using var sink = new ByteSink();
        ReadOnlySpan<byte> bytes = Codec.Decompress(chunk.Codec, page, header.UncompressedSize, sink).Span;
        if (field.MaxRepetitionLevel > 0)
        {
            ReadLevels(TakePrefixed(ref bytes), field.MaxRepetitionLevel, RepetitionLevels.Span.Slice(_levelsRead, count));
        }

        if (field.MaxDefinitionLevel > 0)
        {
            ReadLevels(TakePrefixed(ref bytes), field.MaxDefinitionLevel, DefinitionLevels.Span.Slice(_levelsRead, count));
        }

        ReadValues(header.Encoding, bytes, count);
    }

    private void ReadVersion2(PageHeader header, ReadOnlyMemory<byte> page)
    {
        int count = CountOf(header);
        long levels = (long)header.RepetitionBytes + header.DefinitionBytes;
        if (header.RepetitionBytes < 0 || header.DefinitionBytes < 0 || levels > page.Length)
        {
            throw new ParquetException($"column '{field.Path}' has a page of {page.Length} bytes with {levels} bytes of levels");
        }

        if (field.MaxRepetitionLevel > 0)
        {
            ReadLevels(page.Span[..header.RepetitionBytes], field.MaxRepetitionLevel, RepetitionLevels.Span.Slice(_levelsRead, count));
        }

        if (field.MaxDefinitionLevel > 0)
        {
            ReadOnlySpan<byte> definition = page.Span.Slice(header.RepetitionBytes, header.DefinitionBytes);
            ReadLevels(definition, field.MaxDefinitionLevel, DefinitionLevels.Span.Slice(_levelsRead, count));
        }

        using var sink = new ByteSink();
        ReadOnlyMemory<byte> values = page[(int)levels..];
        CompressionCodec codec = header.IsCompressed ? chunk.Codec : CompressionCodec.UNCOMPRESSED;
        ReadValues(header.Encoding, Codec.Decompress(codec, values, Math.Max(0, header.UncompressedSize - (int)levels), sink).Span, count);
    }

    private int CountOf(PageHeader header) =>
        header.NumValues >= 0 && header.NumValues <= chunk.NumValues - _levelsRead
            ? header.NumValues
            : throw new ParquetException($"column '{field.Path}' has a page of {header.NumValues} values where {chunk.NumValues - _levelsRead} are left");

    private ReadOnlySpan<byte> TakePrefixed(ref ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length < 0 || length > bytes.Length - 4)
        {
            throw new ParquetException($"column '{field.Path}' has levels of {length} bytes in a page of {bytes.Length}");
        }

        ReadOnlySpan<byte> taken = bytes.Slice(4, length);
        bytes = bytes[(4 + length)..];
        return taken;
    }

    private void ReadLevels(ReadOnlySpan<byte> bytes, int largest, Span<int> levels)
    {
        HybridRle.Decode(bytes, HybridRle.BitWidth(largest), levels);
        if (levels.IndexOfAnyExceptInRange(0, largest) >= 0)
        {
            throw new ParquetException($"column '{field.Path}' has a level beyond {largest}");
        }
    }

    private void ReadValues(Encoding encoding, ReadOnlySpan<byte> bytes, int count)
    {
        int present = field.MaxDefinitionLevel > 0
            ? DefinitionLevels.Span.Slice(_levelsRead, count).Count(field.MaxDefinitionLevel)
            : count;
        Span<T> values = Values.Span.Slice(_valuesRead, present);
        switch (encoding)
        {
            case Encoding.PLAIN:
                PlainEncoding.Decode(bytes, element, values);
                break;
            case Encoding.PLAIN_DICTIONARY or Encoding.RLE_DICTIONARY:
                DictionaryEncoding.Decode(bytes, _dictionary ?? [], values);
                break;
            case Encoding.RLE when typeof(T) == typeof(bool):
                ReadRleBooleans(bytes, Spans.As<T, bool>(values));
                break;
            case Encoding.DELTA_BINARY_PACKED when element.Type is Meta.Type.INT32 or Meta.Type.INT64:
                DeltaEncoding.DecodeIntegers(bytes, element, values);
                break;
            case Encoding.DELTA_LENGTH_BYTE_ARRAY when element.Type == Meta.Type.BYTE_ARRAY:
                DeltaEncoding.DecodeByteArrays(bytes, values);
                break;
            case Encoding.DELTA_BYTE_ARRAY when element.Type is Meta.Type.BYTE_ARRAY or Meta.Type.FIXED_LEN_BYTE_ARRAY:
                DeltaEncoding.DecodePrefixed(bytes, values);
                break;
            case Encoding.BYTE_STREAM_SPLIT:
                ByteStreamSplit.Decode(bytes, values);
                break;
            default:
                throw new ParquetException($"column '{field.Path}': encoding {encoding} of {element.Type} is not supported");
        }

        _levelsRead += count;
        _valuesRead += present;
    }

    private void ReadRleBooleans(ReadOnlySpan<byte> bytes, Span<bool> values)
    {
        var bits = new int[values.Length];
        HybridRle.Decode(TakePrefixed(ref bytes), 1, bits);
        for (int i = 0; i < bits.Length; i++)
        {
            values[i] = bits[i] != 0;
        }
    }
}
