using Parquet.Meta.Proto;

namespace Parquet.Meta;

/// <summary>Logical types by their numbers in the format.</summary>
internal enum LogicalKind : short
{
    None = 0,
    String = 1,
    Map = 2,
    List = 3,
    Enum = 4,
    Decimal = 5,
    Date = 6,
    Time = 7,
    Timestamp = 8,
    Integer = 10,
    Float16 = 15,
}

/// <summary>A schema element's logical type; unit 1, 2, 3 is milli-, micro- and nanoseconds.</summary>
internal readonly record struct LogicalAnnotation(LogicalKind Kind, int BitWidth = 0, bool IsSigned = false, int Unit = 0)
{
    public static LogicalAnnotation Read(ref CompactReader reader)
    {
        LogicalAnnotation annotation = default;
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            if (type == CompactType.Struct)
            {
                annotation = ReadMember((LogicalKind)id, ref reader);
            }
            else
            {
                reader.Skip(type);
            }
        }

        reader.LeaveStruct(outer);
        return annotation;
    }

    public void Write(CompactWriter writer)
    {
        LogicalAnnotation self = this;
        writer.Struct((short)Kind, inner =>
        {
            if (self.Kind == LogicalKind.Integer)
            {
                inner.Byte(1, (sbyte)self.BitWidth);
                inner.Bool(2, self.IsSigned);
            }
        });
    }

    private static LogicalAnnotation ReadMember(LogicalKind kind, ref CompactReader reader)
    {
        var annotation = new LogicalAnnotation(kind);
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (kind, id, type)
            {
                case (LogicalKind.Integer, 1, CompactType.Byte):
                    annotation = annotation with { BitWidth = (sbyte)reader.ReadByte() };
                    break;
                case (LogicalKind.Integer, 2, CompactType.True):
                    annotation = annotation with { IsSigned = true };
                    break;
                case (LogicalKind.Time or LogicalKind.Timestamp, 2, CompactType.Struct):
                    annotation = annotation with { Unit = ReadUnit(ref reader) };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        reader.LeaveStruct(outer);
        return annotation;
    }

    private static int ReadUnit(ref CompactReader reader)
    {
        int unit = 0;
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            unit = id;
            reader.Skip(type);
        }

        reader.LeaveStruct(outer);
        return unit;
    }
}
