using Parquet.Compression;
using Parquet.Encodings;
using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Writes a column chunk: a data page of version 1, after a dictionary page where the hint asks for one.</summary>
internal sealed class ColumnWriter<T>(Stream stream, DataField field, ParquetOptions options) where T : struct
{
    private readonly ColumnMetaData _meta = new() { Codec = (CompressionCodec)(int)options.CompressionMethod };

    public async Task<ColumnMetaData> WriteAsync(
        ReadOnlyMemory<T> values, ReadOnlyMemory<int> definition, ReadOnlyMemory<int> repetition, int count, CancellationToken cancellation)
    {
        _meta.NumValues = count;
        _meta.NullCount = count - values.Length;
        _meta.Encodings = [Encoding.RLE];
        using var page = new ByteSink();
        WriteLevels(page, repetition.Span, field.MaxRepetitionLevel);
        WriteLevels(page, definition.Span, field.MaxDefinitionLevel);
        Encoding encoding = Encoding.PLAIN;
        if (Dictionary(values.Span) is { } dictionary)
        {
            encoding = Encoding.PLAIN_DICTIONARY;
            using var entries = new ByteSink();
            PlainEncoding.Encode<ReadOnlyMemory<char>>(dictionary.Distinct, entries);
            _meta.DictionaryPageOffset = stream.Position;
            await WritePageAsync(PageType.DICTIONARY_PAGE, encoding, dictionary.Distinct.Length, entries, cancellation).ConfigureAwait(false);
            int bitWidth = HybridRle.BitWidth(dictionary.Distinct.Length);
            page.Add((byte)bitWidth);
            HybridRle.Encode(dictionary.Indices, bitWidth, page);
        }
        else
        {
            PlainEncoding.Encode(values.Span, page);
        }

        _meta.Encodings.Add(encoding);
        _meta.DataPageOffset = stream.Position;
        await WritePageAsync(PageType.DATA_PAGE, encoding, count, page, cancellation).ConfigureAwait(false);
        return _meta;
    }

    private (ReadOnlyMemory<char>[] Distinct, int[] Indices)? Dictionary(ReadOnlySpan<T> values) =>
        typeof(T) == typeof(ReadOnlyMemory<char>) && !field.IsArray && options.HintFor(field) == EncodingHint.Dictionary
            ? DictionaryEncoding.Build(Spans.As<T, ReadOnlyMemory<char>>(values), options.DictionaryEncodingThreshold)
            : null;

    private static void WriteLevels(ByteSink page, ReadOnlySpan<int> levels, int largest)
    {
        if (largest == 0)
        {
            return;
        }

        int at = page.Length;
        page.AddInt32(0);
        HybridRle.Encode(levels, HybridRle.BitWidth(largest), page);
        page.SetInt32(at, page.Length - at - 4);
    }

    private async Task WritePageAsync(PageType type, Encoding encoding, int count, ByteSink page, CancellationToken cancellation)
    {
        using var sink = new ByteSink();
        ReadOnlyMemory<byte> compressed = Codec.Compress(options.CompressionMethod, options.CompressionLevel, page.WrittenMemory, sink);
        ReadOnlyMemory<byte> header = new PageHeader
        {
            Type = type,
            Encoding = encoding,
            NumValues = count,
            UncompressedSize = page.Length,
            CompressedSize = compressed.Length,
        }.Write();
        await stream.WriteAsync(header, cancellation).ConfigureAwait(false);
        await stream.WriteAsync(compressed, cancellation).ConfigureAwait(false);
        _meta.TotalCompressedSize += header.Length + compressed.Length;
        _meta.TotalUncompressedSize += header.Length + page.Length;
    }
}
