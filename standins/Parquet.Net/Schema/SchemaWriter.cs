using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>Turns fields into the footer's flat list of elements; lists take the standard three-level form.</summary>
internal static class SchemaWriter
{
    public static List<SchemaElement> Write(ParquetSchema schema)
    {
        var elements = new List<SchemaElement> { new() { Name = "root", NumChildren = schema.Fields.Count } };
        foreach (Field field in schema.Fields)
        {
            Write(field, elements);
        }

        return elements;
    }

    private static void Write(Field field, List<SchemaElement> elements)
    {
        switch (field)
        {
            case DataField data:
                elements.Add(Describe(data));
                break;
            case ListField list:
                elements.Add(new SchemaElement
                {
                    Name = list.Name,
                    RepetitionType = FieldRepetitionType.OPTIONAL,
                    NumChildren = 1,
                    ConvertedType = ConvertedType.LIST,
                    Annotation = new LogicalAnnotation(LogicalKind.List),
                });
                elements.Add(new SchemaElement { Name = list.ContainerName, RepetitionType = FieldRepetitionType.REPEATED, NumChildren = 1 });
                Write(list.Item, elements);
                break;
            case StructField group:
                elements.Add(new SchemaElement
                {
                    Name = group.Name,
                    RepetitionType = FieldRepetitionType.OPTIONAL,
                    NumChildren = group.Fields.Count,
                });
                foreach (Field child in group.Fields)
                {
                    Write(child, elements);
                }

                break;
            default:
                throw new NotSupportedException($"writing field {field} is not supported");
        }
    }

    private static SchemaElement Describe(DataField field)
    {
        (Meta.Type type, ConvertedType? converted, LogicalAnnotation annotation) = ColumnTypes.Physical(field.ClrType);
        return new SchemaElement
        {
            Name = field.Name,
            Type = type,
            ConvertedType = converted,
            Annotation = annotation,
            FieldId = field.FieldId == -1 ? null : field.FieldId,
            RepetitionType = field.IsArray ? FieldRepetitionType.REPEATED
                : field.IsNullable ? FieldRepetitionType.OPTIONAL
                : FieldRepetitionType.REQUIRED,
        };
    }
}
