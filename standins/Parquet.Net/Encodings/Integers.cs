using System.Buffers.Binary;
using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>Integers that are stored wider than they are, and times that are stored as integers.</summary>
internal static class Integers
{
    public static bool IsNarrow<T>() =>
        typeof(T) == typeof(byte) || typeof(T) == typeof(sbyte) || typeof(T) == typeof(short) || typeof(T) == typeof(ushort);

    public static void Convert<T>(long number, SchemaElement element, ref T value) where T : struct
    {
        var span = new Span<T>(ref value);
        if (typeof(T) == typeof(int)) { Spans.As<T, int>(span)[0] = unchecked((int)number); }
        else if (typeof(T) == typeof(uint)) { Spans.As<T, uint>(span)[0] = unchecked((uint)number); }
        else if (typeof(T) == typeof(long)) { Spans.As<T, long>(span)[0] = number; }
        else if (typeof(T) == typeof(ulong)) { Spans.As<T, ulong>(span)[0] = unchecked((ulong)number); }
        else if (typeof(T) == typeof(byte)) { Spans.As<T, byte>(span)[0] = unchecked((byte)number); }
        else if (typeof(T) == typeof(sbyte)) { Spans.As<T, sbyte>(span)[0] = unchecked((sbyte)number); }
        else if (typeof(T) == typeof(short)) { Spans.As<T, short>(span)[0] = unchecked((short)number); }
        else if (typeof(T) == typeof(ushort)) { Spans.As<T, ushort>(span)[0] = unchecked((ushort)number); }
        else if (typeof(T) == typeof(DateTime)) { Spans.As<T, DateTime>(span)[0] = Times.FromNumber(number, element); }
        else { throw new NotSupportedException($"column '{element.Name}': reading {element.Type} as {typeof(T)} is not supported"); }
    }

    public static void WriteInt32<T>(ReadOnlySpan<T> values, ByteSink sink) where T : struct
    {
        Span<byte> bytes = sink.Reserve(4 * values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            int number = values[i] switch { byte b => b, sbyte s => s, short h => h, ushort u => u, _ => throw new NotSupportedException() };
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(4 * i)..], number);
        }
    }
}

/// <summary>Dates and times in the format's several forms; all of them UTC.</summary>
internal static class Times
{
    private const long JulianDayOfEpoch = 2440588;

    public static DateTime FromNumber(long number, SchemaElement element)
    {
        try
        {
            return (element.Annotation.Kind, element.Annotation.Unit, element.ConvertedType) switch
            {
                (LogicalKind.Date, _, _) or (_, _, ConvertedType.DATE) => DateTime.UnixEpoch.AddDays(number),
                (LogicalKind.Timestamp, 1, _) => FromTicks(checked(number * TimeSpan.TicksPerMillisecond)),
                (LogicalKind.Timestamp, 2, _) => FromTicks(checked(number * TimeSpan.TicksPerMicrosecond)),
                (LogicalKind.Timestamp, 3, _) => FromTicks(number / TimeSpan.NanosecondsPerTick),
                (_, _, ConvertedType.TIMESTAMP_MILLIS) => FromTicks(checked(number * TimeSpan.TicksPerMillisecond)),
                (_, _, ConvertedType.TIMESTAMP_MICROS) => FromTicks(checked(number * TimeSpan.TicksPerMicrosecond)),
                _ => throw new NotSupportedException($"column '{element.Name}' is no date or time"),
            };
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            throw new ParquetException($"column '{element.Name}' holds {number}, which is no time between the years 1 and 9999", e);
        }
    }

    public static DateTime ReadInt96(ReadOnlySpan<byte> bytes)
    {
        long nanoseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        long day = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) - JulianDayOfEpoch;
        long ticks = day * TimeSpan.TicksPerDay + nanoseconds / TimeSpan.NanosecondsPerTick;
        return Math.Abs(day) < 4_000_000 && FitsDateTime(ticks)
            ? FromTicks(ticks)
            : throw new ParquetException($"Julian day {day + JulianDayOfEpoch} is no time between the years 1 and 9999");
    }

    public static void WriteInt96(DateTime time, Span<byte> bytes)
    {
        long ticks = time.Ticks - DateTime.UnixEpoch.Ticks;
        long day = Math.DivRem(ticks, TimeSpan.TicksPerDay, out long rest);
        if (rest < 0)
        {
            day--;
            rest += TimeSpan.TicksPerDay;
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes, rest * TimeSpan.NanosecondsPerTick);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], (uint)(day + JulianDayOfEpoch));
    }

    private static bool FitsDateTime(long ticks) =>
        ticks >= -DateTime.UnixEpoch.Ticks && ticks <= DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks;

    private static DateTime FromTicks(long ticks) => DateTime.UnixEpoch.AddTicks(ticks);
}
