using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>
/// Turns the footer's flat list of elements into fields: three-level lists, and the older two-level and bare repeated forms.
/// </summary>
internal sealed class SchemaReader(IReadOnlyList<SchemaElement> elements, ParquetOptions options)
{
    private const int MaxDepth = 64;
    private int _next = 1;

    public static ParquetSchema Read(IReadOnlyList<SchemaElement> elements, ParquetOptions options)
    {
        if (elements.Count < 2)
        {
            throw new ParquetException("the file's schema has no columns");
        }

        var reader = new SchemaReader(elements, options);
        return new ParquetSchema(reader.ReadChildren(elements[0], null, 0));
    }

    private Field[] ReadChildren(SchemaElement parent, FieldPath? path, int depth)
    {
        var children = new List<Field>();
        for (int i = 0; i < (parent.NumChildren ?? 0); i++)
        {
            children.Add(ReadField(parent, path, depth + 1));
        }

        return [.. children];
    }

    private Field ReadField(SchemaElement parent, FieldPath? outer, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ParquetException("the file's schema is nested too deeply");
        }

        SchemaElement element = Take();
        FieldPath path = outer + new FieldPath(element.Name);
        if (element.Type is not null)
        {
            return ReadData(element, path);
        }

        if (element.IsList)
        {
            return ReadList(element, path, depth);
        }

        if (element.IsMap)
        {
            return ReadMap(element, path, depth);
        }

        bool bareRepeated = element.RepetitionType == FieldRepetitionType.REPEATED && !parent.IsList && !parent.IsMap;
        return bareRepeated ? ReadBareRepeated(element, path, depth) : ReadStruct(element, path, depth);
    }

    private ListField ReadList(SchemaElement element, FieldPath path, int depth)
    {
        SchemaElement inner = Peek();
        if (!(inner.NumChildren > 0))
        {
            return new ListField(element, null, path, ReadField(element, path, depth + 1));
        }

        FieldPath innerPath = path + new FieldPath(inner.Name);
        if (inner.NumChildren > 1)
        {
            // A repeated group with several fields is itself the element.
            Take();
            var item = new StructField(inner, innerPath, ReadChildren(inner, innerPath, depth + 1));
            return new ListField(element, inner, innerPath, item);
        }

        Take();
        return new ListField(element, inner, innerPath, ReadField(inner, innerPath, depth + 1));
    }

    private ListField ReadBareRepeated(SchemaElement element, FieldPath path, int depth) =>
        element.NumChildren == 1
            ? new ListField(element, element, path, ReadField(element, path, depth + 1))
            : throw new NotSupportedException($"column '{path}': a repeated group of several fields without a LIST annotation is not supported");

    private MapField ReadMap(SchemaElement element, FieldPath path, int depth)
    {
        SchemaElement inner = Take();
        FieldPath innerPath = path + new FieldPath(inner.Name);
        Field[] pair = ReadChildren(inner, innerPath, depth + 1);
        return pair.Length == 2
            ? new MapField(element, innerPath, pair[0], pair[1])
            : throw new ParquetException($"map '{path}' has {pair.Length} fields instead of a key and a value");
    }

    private StructField ReadStruct(SchemaElement element, FieldPath path, int depth) =>
        element.NumChildren > 0
            ? new StructField(element, path, ReadChildren(element, path, depth + 1))
            : throw new ParquetException($"column '{path}' has neither a type nor fields");

    private DataField ReadData(SchemaElement element, FieldPath path) =>
        new(element.Name, ColumnTypes.ClrType(element, options),
            isNullable: element.RepetitionType != FieldRepetitionType.REQUIRED,
            isArray: element.RepetitionType == FieldRepetitionType.REPEATED)
        {
            SchemaElement = element,
            Path = path,
        };

    private SchemaElement Peek() => _next < elements.Count ? elements[_next] : throw new ParquetException("the file's schema ends too early");

    private SchemaElement Take()
    {
        SchemaElement element = Peek();
        _next++;
        return element;
    }
}
