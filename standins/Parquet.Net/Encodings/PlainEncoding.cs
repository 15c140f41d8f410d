using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>Values one after another: the format's PLAIN encoding.</summary>
internal static class PlainEncoding
{
    /// <summary>Fills the destination, or throws when the source holds fewer values.</summary>
    public static void Decode<T>(ReadOnlySpan<byte> source, SchemaElement element, Span<T> destination) where T : struct
    {
        switch (element.Type)
        {
            case Meta.Type.BOOLEAN:
                DecodeBits(source, Spans.As<T, bool>(destination));
                break;
            case Meta.Type.INT32:
                DecodeInt32(source, element, destination);
                break;
            case Meta.Type.INT64:
                DecodeInt64(source, element, destination);
                break;
            case Meta.Type.FLOAT when typeof(T) == typeof(float):
            case Meta.Type.DOUBLE when typeof(T) == typeof(double):
                Copy(source, destination);
                break;
            case Meta.Type.INT96 when typeof(T) == typeof(DateTime):
                DecodeInt96(source, Spans.As<T, DateTime>(destination));
                break;
            case Meta.Type.BYTE_ARRAY:
                DecodeByteArrays(source, destination);
                break;
            case Meta.Type.FIXED_LEN_BYTE_ARRAY:
                DecodeFixed(source, element.TypeLength ?? 0, destination);
                break;
            default:
                throw new NotSupportedException($"column '{element.Name}': reading {element.Type} as {typeof(T)} is not supported");
        }
    }

    public static void Encode<T>(ReadOnlySpan<T> values, ByteSink sink) where T : struct
    {
        if (typeof(T) == typeof(bool))
        {
            EncodeBits(Spans.As<T, bool>(values), sink);
        }
        else if (typeof(T) == typeof(ReadOnlyMemory<char>))
        {
            EncodeText(Spans.As<T, ReadOnlyMemory<char>>(values), sink);
        }
        else if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            foreach (ReadOnlyMemory<byte> bytes in Spans.As<T, ReadOnlyMemory<byte>>(values))
            {
                sink.AddInt32(bytes.Length);
                sink.Add(bytes.Span);
            }
        }
        else if (typeof(T) == typeof(DateTime))
        {
            foreach (DateTime time in Spans.As<T, DateTime>(values))
            {
                Times.WriteInt96(time, sink.Reserve(12));
            }
        }
        else if (Integers.IsNarrow<T>())
        {
            Integers.WriteInt32(values, sink);
        }
        else
        {
            sink.Add(MemoryMarshal.AsBytes(values));
        }
    }

    /// <summary>A value from its bytes, for text and binary columns.</summary>
    public static void FromBytes<T>(ReadOnlySpan<byte> bytes, ref T value) where T : struct
    {
        if (typeof(T) == typeof(ReadOnlyMemory<char>))
        {
            Spans.As<T, ReadOnlyMemory<char>>(new Span<T>(ref value))[0] = System.Text.Encoding.UTF8.GetString(bytes).AsMemory();
        }
        else if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            Spans.As<T, ReadOnlyMemory<byte>>(new Span<T>(ref value))[0] = bytes.ToArray();
        }
        else
        {
            throw new NotSupportedException($"reading byte arrays as {typeof(T)} is not supported");
        }
    }

    private static void Copy<T>(ReadOnlySpan<byte> source, Span<T> destination) where T : struct
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        Need(source, bytes.Length);
        source[..bytes.Length].CopyTo(bytes);
    }

    private static void DecodeInt32<T>(ReadOnlySpan<byte> source, SchemaElement element, Span<T> destination) where T : struct
    {
        if (typeof(T) == typeof(int) || typeof(T) == typeof(uint))
        {
            Copy(source, destination);
            return;
        }

        Need(source, 4L * destination.Length);
        for (int i = 0; i < destination.Length; i++)
        {
            Integers.Convert(BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]), element, ref destination[i]);
        }
    }

    private static void DecodeInt64<T>(ReadOnlySpan<byte> source, SchemaElement element, Span<T> destination) where T : struct
    {
        if (typeof(T) == typeof(long) || typeof(T) == typeof(ulong))
        {
            Copy(source, destination);
            return;
        }

        Need(source, 8L * destination.Length);
        for (int i = 0; i < destination.Length; i++)
        {
            Integers.Convert(BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]), element, ref destination[i]);
        }
    }

    private static void DecodeInt96(ReadOnlySpan<byte> source, Span<DateTime> destination)
    {
        Need(source, 12L * destination.Length);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = Times.ReadInt96(source.Slice(12 * i, 12));
        }
    }

    private static void DecodeBits(ReadOnlySpan<byte> source, Span<bool> destination)
    {
        Need(source, (destination.Length + 7L) / 8);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (source[i >> 3] >> (i & 7) & 1) != 0;
        }
    }

    private static void DecodeByteArrays<T>(ReadOnlySpan<byte> source, Span<T> destination) where T : struct
    {
        int position = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            Need(source[position..], 4);
            int length = BinaryPrimitives.ReadInt32LittleEndian(source[position..]);
            position += 4;
            if (length < 0 || length > source.Length - position)
            {
                throw new ParquetException($"a byte array of {length} bytes does not fit into its page");
            }

            FromBytes(source.Slice(position, length), ref destination[i]);
            position += length;
        }
    }

    private static void DecodeFixed<T>(ReadOnlySpan<byte> source, int length, Span<T> destination) where T : struct
    {
        if (length <= 0)
        {
            throw new ParquetException($"fixed byte arrays of length {length}");
        }

        Need(source, (long)length * destination.Length);
        for (int i = 0; i < destination.Length; i++)
        {
            FromBytes(source.Slice(i * length, length), ref destination[i]);
        }
    }

    private static void EncodeBits(ReadOnlySpan<bool> values, ByteSink sink)
    {
        Span<byte> bytes = sink.Reserve((values.Length + 7) / 8);
        bytes.Clear();
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i])
            {
                bytes[i >> 3] |= (byte)(1 << (i & 7));
            }
        }
    }

    private static void EncodeText(ReadOnlySpan<ReadOnlyMemory<char>> values, ByteSink sink)
    {
        foreach (ReadOnlyMemory<char> text in values)
        {
            int length = System.Text.Encoding.UTF8.GetByteCount(text.Span);
            sink.AddInt32(length);
            System.Text.Encoding.UTF8.GetBytes(text.Span, sink.Reserve(length));
        }
    }

    private static void Need(ReadOnlySpan<byte> source, long bytes)
    {
        if (source.Length < bytes)
        {
            throw new ParquetException($"a page holds {source.Length} bytes of values instead of {bytes}");
        }
    }
}
