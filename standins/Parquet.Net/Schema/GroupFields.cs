using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>A group of fields under one name.</summary>
public class StructField : Field, IEquatable<StructField>
{
    private readonly Field[] _fields;

    public StructField(string name, params Field[] elements) : base(name, SchemaType.Struct)
    {
        if (elements is not { Length: > 0 })
        {
            throw new ArgumentException($"structure '{name}' requires at least one element");
        }

        _fields = elements;
        IsNullable = true;
        PlaceUnder(null);
    }

    internal StructField(SchemaElement element, FieldPath path, Field[] elements) : base(element.Name, SchemaType.Struct)
    {
        _fields = elements;
        SchemaElement = element;
        Path = path;
        IsNullable = element.RepetitionType == FieldRepetitionType.OPTIONAL;
    }

    public IReadOnlyList<Field> Fields => _fields;

    internal override IReadOnlyList<Field> Children => _fields;

    public bool Equals(StructField? other) => base.Equals(other) && _fields.AsSpan().SequenceEqual(other!._fields);

    internal override void PlaceUnder(FieldPath? parent)
    {
        Path = parent + new FieldPath(Name);
        foreach (Field field in _fields)
        {
            field.PlaceUnder(Path);
        }
    }

    internal override void PropagateLevels(int repetition, int definition)
    {
        MaxRepetitionLevel = repetition;
        MaxDefinitionLevel = definition + (IsNullable ? 1 : 0);
        foreach (Field field in _fields)
        {
            field.PropagateLevels(MaxRepetitionLevel, MaxDefinitionLevel);
        }
    }
}

/// <summary>A column of key and value pairs.</summary>
public sealed class MapField : Field
{
    private const string ContainerName = "key_value";

    public MapField(string name, Field keyField, Field valueField) : base(name, SchemaType.Map)
    {
        Key = keyField ?? throw new ArgumentNullException(nameof(keyField));
        Value = valueField ?? throw new ArgumentNullException(nameof(valueField));
        IsNullable = true;
        PlaceUnder(null);
    }

    internal MapField(SchemaElement element, FieldPath path, Field key, Field value) : base(element.Name, SchemaType.Map)
    {
        Key = key;
        Value = value;
        SchemaElement = element;
        Path = path;
        IsNullable = element.RepetitionType != FieldRepetitionType.REQUIRED;
    }

    public Field Key { get; }

    public Field Value { get; }

    internal override IReadOnlyList<Field> Children => [Key, Value];

    public override bool Equals(object? obj) =>
        obj is MapField other && base.Equals(obj) && Key.Equals(other.Key) && Value.Equals(other.Value);

    public override int GetHashCode() => base.GetHashCode();

    internal override void PlaceUnder(FieldPath? parent)
    {
        Path = parent + new FieldPath(Name, ContainerName);
        Key.PlaceUnder(Path);
        Value.PlaceUnder(Path);
    }

    internal override void PropagateLevels(int repetition, int definition)
    {
        MaxRepetitionLevel = repetition + 1;
        MaxDefinitionLevel = definition + (IsNullable ? 2 : 1);
        Key.PropagateLevels(MaxRepetitionLevel, MaxDefinitionLevel);
        Value.PropagateLevels(MaxRepetitionLevel, MaxDefinitionLevel);
    }
}
