using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>A list column; always nullable when made in code.</summary>
public sealed class ListField : Field
{
    public const string ElementName = "element";

    public const string DefaultContainerName = "list";

    public ListField(string name, Field item, string containerName = DefaultContainerName) : base(name, SchemaType.List)
    {
        Item = item ?? throw new ArgumentNullException(nameof(item));
        ContainerName = containerName;
        IsNullable = true;
        PlaceUnder(null);
    }

    public ListField(string name, System.Type itemDataType, string? propertyName = null, string containerName = "list", string? elementName = null)
        : this(name, new DataField(elementName ?? name, itemDataType, null, null, propertyName ?? name), containerName) { }

    /// <summary>A list read from a file; group is the repeated group inside, null when the repeated field is the value itself.</summary>
    internal ListField(SchemaElement element, SchemaElement? group, FieldPath path, Field item) : base(element.Name, SchemaType.List)
    {
        Item = item;
        ContainerName = group?.Name ?? string.Empty;
        SchemaElement = element;
        Group = group;
        Path = path;
        IsNullable = !ReferenceEquals(element, group) && element.RepetitionType != FieldRepetitionType.REQUIRED;
    }

    public Field Item { get; }

    internal string ContainerName { get; }

    internal SchemaElement? Group { get; }

    internal override IReadOnlyList<Field> Children => [Item];

    public override bool Equals(object? obj) => obj is ListField other && base.Equals(obj) && Item.Equals(other.Item);

    public override int GetHashCode() => base.GetHashCode();

    internal override void PlaceUnder(FieldPath? parent)
    {
        Path = parent + new FieldPath(Name, ContainerName);
        Item.PlaceUnder(Path);
    }

    internal override void PropagateLevels(int repetition, int definition)
    {
        // Without a group inside, the repeated value counts its own level.
        int inside = SchemaElement is not null && Group is null ? 0 : 1;
        MaxRepetitionLevel = repetition + inside;
        MaxDefinitionLevel = definition + (IsNullable ? 1 : 0) + inside;
        Item.PropagateLevels(MaxRepetitionLevel, MaxDefinitionLevel);
    }
}
