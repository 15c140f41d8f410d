using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>CLR types against the format's physical types and annotations.</summary>
internal static class ColumnTypes
{
    public static System.Type ClrType(SchemaElement element, ParquetOptions options)
    {
        return Annotated(element) ?? element.Type switch
        {
            Meta.Type.BOOLEAN => typeof(bool),
            Meta.Type.INT32 => typeof(int),
            Meta.Type.INT64 => typeof(long),
            Meta.Type.INT96 => typeof(DateTime),
            Meta.Type.FLOAT => typeof(float),
            Meta.Type.DOUBLE => typeof(double),
            Meta.Type.BYTE_ARRAY => options.TreatByteArrayAsString ? typeof(string) : typeof(byte[]),
            Meta.Type.FIXED_LEN_BYTE_ARRAY => typeof(byte[]),
            _ => throw new NotSupportedException($"column '{element.Name}' has the unknown type {element.Type}"),
        };
    }

    public static (Meta.Type Type, ConvertedType? Converted, LogicalAnnotation Annotation) Physical(System.Type clrType)
    {
        if (clrType == typeof(bool)) { return (Meta.Type.BOOLEAN, null, default); }
        if (clrType == typeof(float)) { return (Meta.Type.FLOAT, null, default); }
        if (clrType == typeof(double)) { return (Meta.Type.DOUBLE, null, default); }
        if (clrType == typeof(byte)) { return Integer(Meta.Type.INT32, ConvertedType.UINT_8, 8, false); }
        if (clrType == typeof(sbyte)) { return Integer(Meta.Type.INT32, ConvertedType.INT_8, 8, true); }
        if (clrType == typeof(short)) { return Integer(Meta.Type.INT32, ConvertedType.INT_16, 16, true); }
        if (clrType == typeof(ushort)) { return Integer(Meta.Type.INT32, ConvertedType.UINT_16, 16, false); }
        if (clrType == typeof(int)) { return Integer(Meta.Type.INT32, ConvertedType.INT_32, 32, true); }
        if (clrType == typeof(uint)) { return Integer(Meta.Type.INT32, ConvertedType.UINT_32, 32, false); }
        if (clrType == typeof(long)) { return Integer(Meta.Type.INT64, ConvertedType.INT_64, 64, true); }
        if (clrType == typeof(ulong)) { return Integer(Meta.Type.INT64, ConvertedType.UINT_64, 64, false); }
        if (clrType == typeof(DateTime)) { return (Meta.Type.INT96, null, default); }
        if (clrType == typeof(ReadOnlyMemory<byte>)) { return (Meta.Type.BYTE_ARRAY, null, default); }
        return clrType == typeof(ReadOnlyMemory<char>)
            ? (Meta.Type.BYTE_ARRAY, ConvertedType.UTF8, new LogicalAnnotation(LogicalKind.String))
            : throw new NotSupportedException($"writing columns of {clrType} is not supported");
    }

    private static (Meta.Type, ConvertedType?, LogicalAnnotation) Integer(Meta.Type type, ConvertedType converted, int bits, bool signed) =>
        (type, converted, new LogicalAnnotation(LogicalKind.Integer, bits, signed));

    private static System.Type? Annotated(SchemaElement element)
    {
        LogicalAnnotation logical = element.Annotation;
        return (logical.Kind, element.ConvertedType) switch
        {
            (LogicalKind.String or LogicalKind.Enum, _) or (_, ConvertedType.UTF8) => typeof(string),
            (LogicalKind.Integer, _) => IntegerType(logical.BitWidth, logical.IsSigned),
            (LogicalKind.Decimal, _) or (_, ConvertedType.DECIMAL) => typeof(decimal),
            (LogicalKind.Date or LogicalKind.Timestamp, _) => typeof(DateTime),
            (_, ConvertedType.DATE or ConvertedType.TIMESTAMP_MILLIS or ConvertedType.TIMESTAMP_MICROS) => typeof(DateTime),
            (_, ConvertedType.UINT_8) => typeof(byte),
            (_, ConvertedType.INT_8) => typeof(sbyte),
            (_, ConvertedType.UINT_16) => typeof(ushort),
            (_, ConvertedType.INT_16) => typeof(short),
            (_, ConvertedType.UINT_32) => typeof(uint),
            (_, ConvertedType.INT_32) => typeof(int),
            (_, ConvertedType.UINT_64) => typeof(ulong),
            (_, ConvertedType.INT_64) => typeof(long),
            _ => null,
        };
    }

    private static System.Type? IntegerType(int bits, bool signed) => (bits, signed) switch
    {
        (8, true) => typeof(sbyte),
        (8, false) => typeof(byte),
        (16, true) => typeof(short),
        (16, false) => typeof(ushort),
        (32, true) => typeof(int),
        (32, false) => typeof(uint),
        (64, true) => typeof(long),
        (64, false) => typeof(ulong),
        _ => null,
    };
}
