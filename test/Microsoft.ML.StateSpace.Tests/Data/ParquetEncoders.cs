using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>The format's encodings and codecs in their plainest form, written from its definition, to hold readers against.</summary>
internal static class ParquetEncoders
{
    private const int BlockSize = 128;
    private const int MiniBlock = 32;

    public static byte[] Plain(Array values) => values switch
    {
        bool[] bits => Pack(bits.Select(bit => bit ? 1 : 0).ToArray(), 1),
        string[] texts => [.. texts.SelectMany(text => Prefixed(Encoding.UTF8.GetBytes(text)))],
        _ => Bytes(values),
    };

    /// <summary>The distinct values, and the bytes of indices into them.</summary>
    public static (Array Distinct, byte[] Indices) Dictionary(Array values)
    {
        object[] all = values.Cast<object>().ToArray();
        object[] distinct = all.Distinct().ToArray();
        var typed = Array.CreateInstance(values.GetType().GetElementType()!, distinct.Length);
        Array.Copy(distinct, typed, distinct.Length);
        int width = Width(distinct.Length - 1);
        int[] indices = all.Select(value => Array.IndexOf(distinct, value)).ToArray();
        return (typed, [(byte)width, .. Hybrid(indices, width)]);
    }

    public static byte[] DeltaPacked(long[] values)
    {
        var bytes = new List<byte>();
        bytes.AddRange([.. Varint(BlockSize), .. Varint(BlockSize / MiniBlock), .. Varint((ulong)values.Length), .. Varint(Zigzag(values.Length > 0 ? values[0] : 0))]);
        long[] deltas = values.Skip(1).Zip(values, (next, last) => unchecked(next - last)).ToArray();
        foreach (long[] block in deltas.Chunk(BlockSize))
        {
            long least = block.Min();
            ulong[][] parts = block.Select(delta => unchecked((ulong)(delta - least))).Chunk(MiniBlock).ToArray();
            int[] widths = parts.Select(part => 64 - (int)ulong.LeadingZeroCount(part.Max())).ToArray();
            bytes.AddRange(Varint(Zigzag(least)));
            bytes.AddRange(Enumerable.Range(0, BlockSize / MiniBlock).Select(i => (byte)(i < widths.Length ? widths[i] : 0)));
            foreach ((ulong[] part, int width) in parts.Zip(widths))
            {
                bytes.AddRange(Pack([.. part, .. new ulong[MiniBlock - part.Length]], width));
            }
        }

        return [.. bytes];
    }

    public static byte[] DeltaLengths(string[] texts)
    {
        byte[][] all = texts.Select(Encoding.UTF8.GetBytes).ToArray();
        return [.. DeltaPacked(all.Select(text => (long)text.Length).ToArray()), .. all.SelectMany(text => text)];
    }

    public static byte[] DeltaPrefixes(string[] texts)
    {
        byte[][] all = texts.Select(Encoding.UTF8.GetBytes).ToArray();
        int[] shared = all.Select((text, i) => i == 0 ? 0 : text.AsSpan().CommonPrefixLength(all[i - 1])).ToArray();
        string[] suffixes = all.Select((text, i) => Encoding.UTF8.GetString(text.AsSpan(shared[i]))).ToArray();
        return [.. DeltaPacked(shared.Select(length => (long)length).ToArray()), .. DeltaLengths(suffixes)];
    }

    public static byte[] Split(Array values)
    {
        byte[] bytes = Bytes(values);
        int width = bytes.Length / Math.Max(1, values.Length);
        return Enumerable.Range(0, bytes.Length).Select(i => bytes[i % values.Length * width + i / values.Length]).ToArray();
    }

    public static byte[] RunLengthBits(bool[] bits) => Prefixed(Hybrid(bits.Select(bit => bit ? 1 : 0).ToArray(), 1));

    /// <summary>Runs of eight or more as runs, the rest packed.</summary>
    public static byte[] Hybrid(int[] values, int width)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < values.Length;)
        {
            int run = values.Skip(i).TakeWhile(value => value == values[i]).Count();
            if (run >= 8)
            {
                bytes.AddRange([.. Varint((ulong)run << 1), .. BitConverter.GetBytes(values[i]).Take((width + 7) / 8)]);
                i += run;
                continue;
            }

            int count = Math.Min(8, values.Length - i);
            bytes.AddRange([3, .. Pack([.. values.Skip(i).Take(count), .. new int[8 - count]], width)]);
            i += count;
        }

        return [.. bytes];
    }

    public static byte[] Prefixed(byte[] bytes) => [.. BitConverter.GetBytes(bytes.Length), .. bytes];

    public static int Width(int largest) => 32 - (int)uint.LeadingZeroCount((uint)largest);

    /// <summary>By the codec's number: none, snappy (literals only), gzip, brotli, zstd (raw blocks only).</summary>
    public static byte[] Compress(int codec, byte[] bytes) => codec switch
    {
        0 => bytes,
        1 => [.. Varint((ulong)bytes.Length), .. bytes.Chunk(60).SelectMany(part => (byte[])[(byte)(part.Length - 1 << 2), .. part])],
        2 => Through(bytes, to => new GZipStream(to, CompressionLevel.Optimal)),
        4 => Through(bytes, to => new BrotliStream(to, CompressionLevel.Fastest)),
        6 => ZstdFrame(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(codec)),
    };

    private static byte[] ZstdFrame(byte[] bytes)
    {
        // A single segment with its size in four bytes; each block has its length, its kind (0, raw) and whether it is the last.
        var frame = new List<byte>([0x28, 0xB5, 0x2F, 0xFD, 0xA0, .. BitConverter.GetBytes(bytes.Length)]);
        byte[][] blocks = bytes.Length == 0 ? [[]] : bytes.Chunk(1 << 16).ToArray();
        for (int i = 0; i < blocks.Length; i++)
        {
            int header = blocks[i].Length << 3 | (i == blocks.Length - 1 ? 1 : 0);
            frame.AddRange([(byte)header, (byte)(header >> 8), (byte)(header >> 16), .. blocks[i]]);
        }

        return [.. frame];
    }

    private static byte[] Through(byte[] bytes, Func<Stream, Stream> compressor)
    {
        var compressed = new MemoryStream();
        using (Stream stream = compressor(compressed))
        {
            stream.Write(bytes);
        }

        return compressed.ToArray();
    }

    private static byte[] Bytes(Array values)
    {
        byte[] bytes = new byte[Buffer.ByteLength(values)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    private static byte[] Pack(int[] values, int width) => Pack(values.Select(value => (ulong)(uint)value).ToArray(), width);

    private static byte[] Pack(ulong[] values, int width)
    {
        var bytes = new byte[((long)values.Length * width + 7) / 8];
        for (int i = 0; i < values.Length; i++)
        {
            for (int bit = 0; bit < width; bit++)
            {
                long at = (long)i * width + bit;
                bytes[at >> 3] |= (byte)((values[i] >> bit & 1) << (int)(at & 7));
            }
        }

        return bytes;
    }

    private static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7F; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
