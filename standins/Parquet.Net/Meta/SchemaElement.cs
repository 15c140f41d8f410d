using Parquet.Meta.Proto;

namespace Parquet.Meta;

/// <summary>A node of the file's schema tree, written depth first.</summary>
public class SchemaElement
{
    public Type? Type { get; set; }

    public int? TypeLength { get; set; }

    public FieldRepetitionType? RepetitionType { get; set; }

    public string Name { get; set; } = string.Empty;

    public int? NumChildren { get; set; }

    public ConvertedType? ConvertedType { get; set; }

    public int? FieldId { get; set; }

    internal LogicalAnnotation Annotation { get; set; }

    internal bool IsList => ConvertedType == Meta.ConvertedType.LIST || Annotation.Kind == LogicalKind.List;

    internal bool IsMap =>
        ConvertedType is Meta.ConvertedType.MAP or Meta.ConvertedType.MAP_KEY_VALUE || Annotation.Kind == LogicalKind.Map;

    internal static SchemaElement Read(ref CompactReader reader)
    {
        var element = new SchemaElement();
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.I32): element.Type = (Type)reader.ReadInt32(); break;
                case (2, CompactType.I32): element.TypeLength = reader.ReadInt32(); break;
                case (3, CompactType.I32): element.RepetitionType = (FieldRepetitionType)reader.ReadInt32(); break;
                case (4, CompactType.Binary): element.Name = reader.ReadString(); break;
                case (5, CompactType.I32): element.NumChildren = reader.ReadInt32(); break;
                case (6, CompactType.I32): element.ConvertedType = (ConvertedType)reader.ReadInt32(); break;
                case (9, CompactType.I32): element.FieldId = reader.ReadInt32(); break;
                case (10, CompactType.Struct): element.Annotation = LogicalAnnotation.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        return element;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Int32(1, (int?)Type);
        writer.Int32(2, TypeLength);
        writer.Int32(3, (int?)RepetitionType);
        writer.Text(4, Name);
        writer.Int32(5, NumChildren);
        writer.Int32(6, (int?)ConvertedType);
        writer.Int32(9, FieldId);
        if (Annotation.Kind != LogicalKind.None)
        {
            writer.Struct(10, Annotation.Write);
        }
    }
}
