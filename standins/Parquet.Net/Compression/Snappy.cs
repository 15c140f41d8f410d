using System.Buffers.Binary;
using System.Numerics;

namespace Parquet.Compression;

/// <summary>The Snappy block format: literals and back references, no entropy coding.</summary>
internal static class Snappy
{
    private const int BlockSize = 1 << 16;
    private const int HashBits = 14;

    // The densest element, a copy of 64 bytes, takes three; the bound leaves some room.
    private const long MaxRatio = 32;

    /// <summary>Decompresses a block whose claimed length is held against what so many bytes can stand for.</summary>
    public static void Decompress(ReadOnlySpan<byte> source, Encodings.ByteSink sink)
    {
        if (source.Length == 0)
        {
            return;
        }

        int header = 0;
        ulong length = Encodings.Varint.Read(source, ref header);
        if (length > (ulong)(MaxRatio * source.Length) || length > (ulong)Array.MaxLength)
        {
            throw new ParquetException($"snappy data of {source.Length} bytes claims to hold {length}");
        }

        Decompress(source[header..], sink.Reserve((int)length));
    }

    private static void Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int from = 0;
        int to = 0;
        while (from < source.Length)
        {
            byte tag = source[from++];
            if ((tag & 3) == 0)
            {
                int length = LiteralLength(source, ref from, tag >> 2);
                Check(length > 0 && length <= source.Length - from && length <= destination.Length - to);
                source.Slice(from, length).CopyTo(destination[to..]);
                from += length;
                to += length;
                continue;
            }

            (int count, int offset) = ReadCopy(source, ref from, tag);
            Check(offset > 0 && offset <= to && count <= destination.Length - to);
            CopyBack(destination, to, offset, count);
            to += count;
        }

        Check(to == destination.Length);
    }

    public static void Compress(ReadOnlySpan<byte> source, Encodings.ByteSink sink)
    {
        Encodings.Varint.Write((ulong)source.Length, sink);
        var table = new int[1 << HashBits];
        for (int start = 0; start < source.Length; start += BlockSize)
        {
            CompressBlock(source.Slice(start, Math.Min(BlockSize, source.Length - start)), table, sink);
        }
    }

    private static int LiteralLength(ReadOnlySpan<byte> source, ref int from, int code)
    {
        if (code < 60)
        {
            return code + 1;
        }

        int bytes = code - 59;
        Check(bytes <= source.Length - from);
        uint length = 0;
        for (int i = 0; i < bytes; i++)
        {
            length |= (uint)source[from++] << (8 * i);
        }

        Check(length < int.MaxValue);
        return (int)length + 1;
    }

    private static (int Count, int Offset) ReadCopy(ReadOnlySpan<byte> source, ref int from, byte tag)
    {
        int bytes = (tag & 3) == 3 ? 4 : tag & 3;
        Check(bytes <= source.Length - from);
        ReadOnlySpan<byte> rest = source[from..];
        from += bytes;
        return bytes switch
        {
            1 => ((tag >> 2 & 7) + 4, (tag >> 5 << 8) | rest[0]),
            2 => ((tag >> 2) + 1, BinaryPrimitives.ReadUInt16LittleEndian(rest)),
            _ => ((tag >> 2) + 1, BinaryPrimitives.ReadInt32LittleEndian(rest)),
        };
    }

    private static void CopyBack(Span<byte> destination, int to, int offset, int count)
    {
        if (offset >= count)
        {
            destination.Slice(to - offset, count).CopyTo(destination[to..]);
            return;
        }

        // The copy overlaps itself: it repeats its first bytes.
        for (int i = 0; i < count; i++)
        {
            destination[to + i] = destination[to + i - offset];
        }
    }

    private static void CompressBlock(ReadOnlySpan<byte> block, int[] table, Encodings.ByteSink sink)
    {
        table.AsSpan().Fill(-1);
        int literalFrom = 0;
        int i = 0;
        int misses = 32;
        while (i + 8 <= block.Length)
        {
            uint four = BinaryPrimitives.ReadUInt32LittleEndian(block[i..]);
            int slot = (int)((four * 0x1E35A7BDu) >> (32 - HashBits));
            int candidate = table[slot];
            table[slot] = i;
            if (candidate < 0 || BinaryPrimitives.ReadUInt32LittleEndian(block[candidate..]) != four)
            {
                // Data that does not repeat is stepped over faster and faster.
                i += misses++ >> 5;
                continue;
            }

            misses = 32;
            WriteLiteral(block[literalFrom..i], sink);
            int length = 4 + block[(candidate + 4)..].CommonPrefixLength(block[(i + 4)..]);
            WriteCopy(i - candidate, length, sink);
            i += length;
            literalFrom = i;
        }

        WriteLiteral(block[literalFrom..], sink);
    }

    private static void WriteLiteral(ReadOnlySpan<byte> bytes, Encodings.ByteSink sink)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        int code = bytes.Length - 1;
        if (code < 60)
        {
            sink.Add((byte)(code << 2));
        }
        else
        {
            int extra = (BitOperations.Log2((uint)code) >> 3) + 1;
            sink.Add((byte)((59 + extra) << 2));
            for (int i = 0; i < extra; i++)
            {
                sink.Add((byte)(code >> (8 * i)));
            }
        }

        sink.Add(bytes);
    }

    private static void WriteCopy(int offset, int length, Encodings.ByteSink sink)
    {
        while (length > 0)
        {
            int count = Math.Min(length, 64);
            sink.Add((byte)(((count - 1) << 2) | 2));
            sink.Add((byte)offset);
            sink.Add((byte)(offset >> 8));
            length -= count;
        }
    }

    private static void Check(bool valid)
    {
        if (!valid)
        {
            throw new ParquetException("snappy data is corrupt");
        }
    }
}
