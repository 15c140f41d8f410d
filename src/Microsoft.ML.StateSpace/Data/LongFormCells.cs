using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Reads the cells of a table with a row per step: keys as text, values as numbers, places as an order.</summary>
internal static class LongFormCells
{
    public static bool IsKey(DataViewType type) => type is TextDataViewType || IsInteger(type);

    public static bool IsOrder(DataViewType type) => type is DateTimeDataViewType || (type is NumberDataViewType && type.RawType != typeof(ulong));

    public static bool IsNumber(DataViewType type) =>
        type is BooleanDataViewType || (type is NumberDataViewType && type.RawType != typeof(ulong));

    /// <summary>The cell as text.</summary>
    public static Func<string> Text(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is not TextDataViewType)
        {
            Func<long> integer = Integer(row, column);
            return () => integer().ToString(CultureInfo.InvariantCulture);
        }

        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            return value.ToString();
        };
    }

    /// <summary>Numbers, or vectors of a known number of reals, such as text columns become by one-hot encoding.</summary>
    public static bool IsNumbers(DataViewType type) =>
        IsNumber(type) || (type is VectorDataViewType { IsKnownSize: true } vector && IsReal(vector.ItemType));

    public static bool IsReal(DataViewType type) => type.RawType == typeof(float) || type.RawType == typeof(double);

    /// <summary>How many numbers a cell has.</summary>
    public static int SizeOf(DataViewSchema.Column column) => (column.Type as VectorDataViewType)?.Size ?? 1;

    /// <summary>Adds a cell's numbers to a list.</summary>
    public static Action<List<float>> Numbers(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType vector)
        {
            return vector.ItemType.RawType == typeof(float) ? Vector<float>(row, column, value => value) : Vector<double>(row, column, value => (float)value);
        }

        Func<float> number = Single(row, column);
        return list => list.Add(number());
    }

    /// <summary>The cell as a number; true is 1.</summary>
    public static Func<float> Single(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type.RawType == typeof(float))
        {
            return Cell<float, float>(row, column, value => value);
        }

        if (column.Type.RawType == typeof(double))
        {
            return Cell<double, float>(row, column, value => (float)value);
        }

        if (column.Type is BooleanDataViewType)
        {
            return Cell<bool, float>(row, column, value => value ? 1 : 0);
        }

        Func<long> integer = Integer(row, column);
        return () => integer();
    }

    /// <summary>The cell as a place: a rank that sorts, and the number that it stands for (seconds since 1970 for times).</summary>
    public static Func<(long Rank, double Time)> Order(DataViewRow row, DataViewSchema.Column column, LongFormFaults faults)
    {
        if (column.Type is DateTimeDataViewType)
        {
            return Cell<DateTime, (long, double)>(row, column, value => (value.Ticks, (value - DateTime.UnixEpoch).TotalSeconds));
        }

        if (column.Type.RawType == typeof(float))
        {
            return Cell<float, (long, double)>(row, column, value => (Rank(value, row, column.Name, faults), value));
        }

        if (column.Type.RawType == typeof(double))
        {
            return Cell<double, (long, double)>(row, column, value => (Rank(value, row, column.Name, faults), value));
        }

        Func<long> integer = Integer(row, column);
        return () => (integer(), integer());
    }

    private static bool IsInteger(DataViewType type) =>
        type is NumberDataViewType && type.RawType != typeof(float) && type.RawType != typeof(double) && type.RawType != typeof(ulong);

    private static Func<long> Integer(DataViewRow row, DataViewSchema.Column column) => Type.GetTypeCode(column.Type.RawType) switch
    {
        TypeCode.SByte => Cell<sbyte, long>(row, column, value => value),
        TypeCode.Byte => Cell<byte, long>(row, column, value => value),
        TypeCode.Int16 => Cell<short, long>(row, column, value => value),
        TypeCode.UInt16 => Cell<ushort, long>(row, column, value => value),
        TypeCode.Int32 => Cell<int, long>(row, column, value => value),
        TypeCode.UInt32 => Cell<uint, long>(row, column, value => value),
        TypeCode.Int64 => Cell<long, long>(row, column, value => value),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Name, "The column holds no integers."),
    };

    private static Func<TResult> Cell<T, TResult>(DataViewRow row, DataViewSchema.Column column, Func<T, TResult> convert) where T : struct
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return convert(value);
        };
    }

    private static Action<List<float>> Vector<T>(DataViewRow row, DataViewSchema.Column column, Func<T, float> convert)
    {
        ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> value = default;
        return list =>
        {
            getter(ref value);
            foreach (T number in value.DenseValues())
            {
                list.Add(convert(number));
            }
        };
    }

    // The bits of doubles order like integers once the negative ones are turned round.
    private static long Rank(double value, DataViewRow row, string column, LongFormFaults faults)
    {
        if (double.IsNaN(value))
        {
            throw faults.AtRow(row, "the order of the step is missing; fill it in or remove the row", column);
        }

        long bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);
        return bits >= 0 ? bits : long.MinValue - bits;
    }
}
