using System.Buffers;
using System.Buffers.Binary;

namespace Parquet.Encodings;

/// <summary>The hybrid of run lengths and bit packing that levels and dictionary indices are written in.</summary>
internal static class HybridRle
{
    /// <summary>Bits that hold numbers up to the given one.</summary>
    public static int BitWidth(int largest) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)largest);

    /// <summary>Fills the destination, or throws when the source holds fewer numbers.</summary>
    public static void Decode(ReadOnlySpan<byte> source, int bitWidth, Span<int> destination)
    {
        if (bitWidth is < 0 or > 32)
        {
            throw new ParquetException($"a run length encoding has numbers of {bitWidth} bits");
        }

        int position = 0;
        while (destination.Length > 0)
        {
            ulong header = Varint.Read(source, ref position);
            int filled = (header & 1) == 0
                ? ReadRun(source, ref position, bitWidth, header >> 1, destination)
                : ReadPacked(source, ref position, bitWidth, header >> 1, destination);
            destination = destination[filled..];
        }
    }

    public static void Encode(ReadOnlySpan<int> values, int bitWidth, ByteSink sink)
    {
        int packedFrom = 0;
        int i = 0;
        while (i < values.Length)
        {
            int run = RunLength(values[i..]);
            if (run < 8)
            {
                i += Math.Min(8, values.Length - i);
                continue;
            }

            WritePacked(values[packedFrom..i], bitWidth, sink);
            WriteRun(values[i], run, bitWidth, sink);
            i += run;
            packedFrom = i;
        }

        WritePacked(values[packedFrom..], bitWidth, sink);
    }

    private static int ReadRun(ReadOnlySpan<byte> source, ref int position, int bitWidth, ulong length, Span<int> destination)
    {
        int bytes = (bitWidth + 7) / 8;
        if (source.Length - position < bytes)
        {
            throw new ParquetException("a run length encoding ends too early");
        }

        uint value = 0;
        for (int i = 0; i < bytes; i++)
        {
            value |= (uint)source[position++] << (8 * i);
        }

        int count = (int)Math.Min(length, (ulong)destination.Length);
        destination[..count].Fill((int)value);
        return count;
    }

    private static int ReadPacked(ReadOnlySpan<byte> source, ref int position, int bitWidth, ulong groups, Span<int> destination)
    {
        int count = (int)Math.Min(groups * 8, (ulong)destination.Length);
        if (groups > int.MaxValue / 8 || source.Length - position < ((long)count * bitWidth + 7) / 8)
        {
            throw new ParquetException("a bit packed encoding ends too early");
        }

        Unpack(source[position..], bitWidth, destination[..count]);
        position = (int)Math.Min(position + (long)groups * bitWidth, source.Length);
        return count;
    }

    private static void Unpack(ReadOnlySpan<byte> source, int bitWidth, Span<int> destination)
    {
        ulong mask = bitWidth == 0 ? 0 : ulong.MaxValue >> (64 - bitWidth);
        ulong buffer = 0;
        int bits = 0;
        int next = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            while (bits < bitWidth)
            {
                buffer |= (ulong)source[next++] << bits;
                bits += 8;
            }

            destination[i] = (int)(uint)(buffer & mask);
            buffer >>= bitWidth;
            bits -= bitWidth;
        }
    }

    private static int RunLength(ReadOnlySpan<int> values)
    {
        int end = values.IndexOfAnyExcept(values[0]);
        return end < 0 ? values.Length : end;
    }

    private static void WriteRun(int value, int length, int bitWidth, ByteSink sink)
    {
        Varint.Write((ulong)length << 1, sink);
        for (int shift = 0; shift < bitWidth; shift += 8)
        {
            sink.Add((byte)((uint)value >> shift));
        }
    }

    private static void WritePacked(ReadOnlySpan<int> values, int bitWidth, ByteSink sink)
    {
        if (values.Length == 0)
        {
            return;
        }

        int groups = (values.Length + 7) / 8;
        Varint.Write(((ulong)groups << 1) | 1, sink);
        ulong buffer = 0;
        int bits = 0;
        for (int i = 0; i < groups * 8; i++)
        {
            buffer |= (ulong)(i < values.Length ? (uint)values[i] : 0u) << bits;
            bits += bitWidth;
            while (bits >= 8)
            {
                sink.Add((byte)buffer);
                buffer >>= 8;
                bits -= 8;
            }
        }
    }
}

/// <summary>LEB128 numbers.</summary>
internal static class Varint
{
    public static ulong Read(ReadOnlySpan<byte> source, ref int position)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (position >= source.Length)
            {
                throw new ParquetException("a page ends in the middle of a number");
            }

            byte b = source[position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new ParquetException("a page holds a number of more than ten bytes");
    }

    public static int ReadLength(ReadOnlySpan<byte> source, ref int position, int largest)
    {
        ulong value = Read(source, ref position);
        return value <= (ulong)largest ? (int)value : throw new ParquetException($"a page holds the length {value}, more than {largest}");
    }

    public static long ReadZigZag(ReadOnlySpan<byte> source, ref int position)
    {
        ulong raw = Read(source, ref position);
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    public static void Write(ulong value, ByteSink sink)
    {
        while (value > 0x7F)
        {
            sink.Add((byte)(value | 0x80));
            value >>= 7;
        }

        sink.Add((byte)value);
    }
}

/// <summary>A growing block of bytes, of memory from the pool of arrays.</summary>
internal sealed class ByteSink : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1024);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Add(byte value)
    {
        if (Length == _bytes.Length)
        {
            Grow(1);
        }

        _bytes[Length++] = value;
    }

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void AddInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);

    public void SetInt32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at, 4), value);

    public Span<byte> Reserve(int count) => ReserveMemory(count).Span;

    public Memory<byte> ReserveMemory(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Grow(count);
        }

        Length += count;
        return _bytes.AsMemory(Length - count, count);
    }

    /// <summary>Takes back the last bytes.</summary>
    public void Shorten(int count) => Length -= count;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, Length) = ([], 0);
    }

    private void Grow(int count)
    {
        long wanted = Math.Max((long)Length + count, Math.Min(2L * _bytes.Length, Array.MaxLength));
        if (wanted > Array.MaxLength)
        {
            throw new ParquetException("a column chunk is too large for one page: write smaller row groups");
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)wanted);
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
