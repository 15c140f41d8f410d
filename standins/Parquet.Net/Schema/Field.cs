using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>What a field is made of.</summary>
public enum SchemaType
{
    Data = 0,
    Map = 1,
    Struct = 2,
    List = 3,
}

/// <summary>A node of a schema: data, list, map or structure.</summary>
public abstract class Field
{
    protected Field(string name, SchemaType schemaType)
    {
        Name = name ?? throw new ArgumentNullException(nameof(name));
        SchemaType = schemaType;
        Path = new FieldPath(name);
    }

    public SchemaType SchemaType { get; }

    public string Name { get; }

    public FieldPath Path { get; internal set; }

    public virtual bool IsNullable { get; internal set; }

    public int MaxRepetitionLevel { get; protected set; }

    public int MaxDefinitionLevel { get; protected set; }

    /// <summary>The element of the file that the field was read from; null for a field made in code.</summary>
    public SchemaElement? SchemaElement { get; internal set; }

    internal virtual IReadOnlyList<Field> Children => [];

    public override string ToString() => $"{Path} ({SchemaType}, RL: {MaxRepetitionLevel}, DL: {MaxDefinitionLevel})";

    public override bool Equals(object? obj) =>
        obj is Field other && SchemaType == other.SchemaType && Name == other.Name && Path.Equals(other.Path);

    public override int GetHashCode() => Path.GetHashCode();

    /// <summary>Gives the field and those below it their path.</summary>
    internal abstract void PlaceUnder(FieldPath? parent);

    /// <summary>Gives the field and those below it their levels, from those of the group around it.</summary>
    internal abstract void PropagateLevels(int repetition, int definition);
}
