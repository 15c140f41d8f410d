using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>Reads the three delta encodings, which version 2 writers use for integers and byte arrays.</summary>
internal static class DeltaEncoding
{
    // Prefixes repeat: a small page may stand for much text, and this bounds how much is unfolded.
    private const long MaxUnfoldedBytes = 1L << 28;

    public static void DecodeIntegers<T>(ReadOnlySpan<byte> source, SchemaElement element, Span<T> destination) where T : struct
    {
        var numbers = new long[destination.Length];
        Decode(source, numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            Integers.Convert(numbers[i], element, ref destination[i]);
        }
    }

    public static void DecodeByteArrays<T>(ReadOnlySpan<byte> source, Span<T> destination) where T : struct
    {
        var lengths = new long[destination.Length];
        int position = Decode(source, lengths);
        for (int i = 0; i < lengths.Length; i++)
        {
            ReadOnlySpan<byte> bytes = Take(source, ref position, lengths[i]);
            PlainEncoding.FromBytes(bytes, ref destination[i]);
        }
    }

    public static void DecodePrefixed<T>(ReadOnlySpan<byte> source, Span<T> destination) where T : struct
    {
        var prefixes = new long[destination.Length];
        var suffixes = new long[destination.Length];
        int position = Decode(source, prefixes);
        position += Decode(source[position..], suffixes);
        byte[] previous = [];
        long unfolded = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            ReadOnlySpan<byte> suffix = Take(source, ref position, suffixes[i]);
            unfolded += prefixes[i] + suffix.Length;
            if (prefixes[i] < 0 || prefixes[i] > previous.Length || unfolded > MaxUnfoldedBytes)
            {
                throw new ParquetException($"a byte array shares {prefixes[i]} bytes with one of {previous.Length}");
            }

            byte[] current = [.. previous.AsSpan(0, (int)prefixes[i]), .. suffix];
            PlainEncoding.FromBytes(current, ref destination[i]);
            previous = current;
        }
    }

    /// <summary>Reads DELTA_BINARY_PACKED numbers and returns how many bytes they took.</summary>
    private static int Decode(ReadOnlySpan<byte> source, Span<long> destination)
    {
        int position = 0;
        int blockSize = Varint.ReadLength(source, ref position, 1 << 20);
        int miniBlocks = Varint.ReadLength(source, ref position, 1 << 12);
        ulong total = Varint.Read(source, ref position);
        long value = Varint.ReadZigZag(source, ref position);
        if (miniBlocks == 0 || blockSize == 0 || blockSize % miniBlocks != 0 || blockSize / miniBlocks % 8 != 0 || total != (ulong)destination.Length)
        {
            throw new ParquetException($"a delta encoding of {total} numbers in blocks of {blockSize} where {destination.Length} were expected");
        }

        int done = 0;
        if (destination.Length > 0)
        {
            destination[done++] = value;
        }

        while (done < destination.Length)
        {
            done += DecodeBlock(source, ref position, blockSize / miniBlocks, miniBlocks, value, destination[done..]);
            value = destination[done - 1];
        }

        return position;
    }

    private static int DecodeBlock(ReadOnlySpan<byte> source, ref int position, int size, int miniBlocks, long value, Span<long> destination)
    {
        long least = Varint.ReadZigZag(source, ref position);
        ReadOnlySpan<byte> widths = Take(source, ref position, miniBlocks);
        int done = 0;
        for (int b = 0; b < miniBlocks && done < destination.Length; b++)
        {
            int width = widths[b];
            if (width > 64)
            {
                throw new ParquetException($"a delta encoding with numbers of {width} bits");
            }

            // The last block may be cut after the bits of its last number.
            int count = Math.Min(size, destination.Length - done);
            long whole = (long)size * width / 8;
            long needed = ((long)count * width + 7) / 8;
            ReadOnlySpan<byte> packed = Take(source, ref position, Math.Max(needed, Math.Min(whole, source.Length - position)));
            for (int i = 0; i < count; i++)
            {
                value = unchecked(value + least + (long)ReadBits(packed, (long)i * width, width));
                destination[done++] = value;
            }
        }

        return done;
    }

    private static ulong ReadBits(ReadOnlySpan<byte> packed, long bit, int width)
    {
        ulong value = 0;
        int got = 0;
        int index = (int)(bit >> 3);
        int skip = (int)(bit & 7);
        while (got < width)
        {
            value |= (ulong)(packed[index++] >> skip) << got;
            got += 8 - skip;
            skip = 0;
        }

        return width == 64 ? value : value & ((1UL << width) - 1);
    }

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> source, ref int position, long count)
    {
        if (count < 0 || count > source.Length - position)
        {
            throw new ParquetException($"a delta encoded page lacks {count} bytes");
        }

        ReadOnlySpan<byte> taken = source.Slice(position, (int)count);
        position += (int)count;
        return taken;
    }
}

/// <summary>Reads values whose first bytes stand together, then their second bytes, and so on.</summary>
internal static class ByteStreamSplit
{
    public static void Decode<T>(ReadOnlySpan<byte> source, Span<T> destination) where T : struct
    {
        bool fits = typeof(T) == typeof(float) || typeof(T) == typeof(double) || typeof(T) == typeof(int) || typeof(T) == typeof(long);
        if (!fits)
        {
            throw new NotSupportedException($"byte stream split encoding of {typeof(T)} is not supported");
        }

        Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(destination);
        if (source.Length < bytes.Length)
        {
            throw new ParquetException($"a page holds {source.Length} bytes of values instead of {bytes.Length}");
        }

        int count = destination.Length;
        int width = count == 0 ? 0 : bytes.Length / count;
        for (int stream = 0; stream < width; stream++)
        {
            ReadOnlySpan<byte> from = source.Slice(stream * count, count);
            for (int i = 0; i < count; i++)
            {
                bytes[i * width + stream] = from[i];
            }
        }
    }
}
