using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How a class's members map to columns: derived from the class, and open to changes before it is used.</summary>
public sealed class SchemaDefinition : List<SchemaDefinition.Column>
{
    private SchemaDefinition()
    {
    }

    [Flags]
    public enum Direction
    {
        Read = 1,
        Write = 2,
        Both = Read | Write,
    }

    public Column this[string columnName]
    {
        get => this.FirstOrDefault(c => c.ColumnName == columnName);
        set
        {
            Contracts.CheckValue(value, nameof(value));
            if (value.ColumnName != columnName)
                throw Contracts.ExceptParam(nameof(columnName), "The column name is specified as '{0}' but must match the selector '{1}'.", value.ColumnName, columnName);
            int index = FindIndex(c => c.ColumnName == columnName);
            if (index >= 0)
                this[index] = value;
            else
                Add(value);
        }
    }

    public static SchemaDefinition Create(Type userType, Direction direction = Direction.Both)
    {
        Contracts.CheckValue(userType, nameof(userType));
        var definition = new SchemaDefinition();
        var names = new HashSet<string>();
        foreach (var member in RowMember.Of(userType, direction))
        {
            string name = member.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? member.Name;
            // The order of members is not defined, so it must not decide which of two columns hides the other.
            if (!names.Add(name))
                throw Contracts.ExceptParam(nameof(userType), "Duplicate column name '{0}' detected, this is disallowed", name);
            definition.Add(new Column(member.Name, RowMember.ColumnType(member), name));
        }
        return definition;
    }

    /// <summary>The definition of a class whose columns have the types and annotations of a schema.</summary>
    internal static SchemaDefinition From<TRow>(IHostEnvironment env, DataViewSchema schema)
    {
        var definition = Create(typeof(TRow), Direction.Read);
        foreach (var column in schema)
        {
            var target = definition.FirstOrDefault(c => c.ColumnName == column.Name)
                ?? throw env.Except($"Type should contain a member named {column.Name}");
            target.ColumnType = column.Type;
            target.Inherit(column.Annotations);
        }
        return definition;
    }

    /// <summary>A column and the member that holds its values.</summary>
    public sealed class Column
    {
        private readonly DataViewSchema.Annotations.Builder _annotations = new();
        private readonly HashSet<string> _kinds = [];

        internal Column(string memberName, DataViewType columnType, string columnName = null)
        {
            Contracts.CheckNonEmpty(memberName, nameof(memberName));
            (MemberName, ColumnType, ColumnName) = (memberName, columnType, columnName ?? memberName);
        }

        public string MemberName { get; }

        public string ColumnName { get; set; }

        public DataViewType ColumnType { get; set; }

        public DataViewSchema.Annotations Annotations => _annotations.ToAnnotations();

        public void AddAnnotation<T>(string kind, T value, DataViewType annotationType)
        {
            Contracts.CheckValue(kind, nameof(kind));
            Contracts.CheckValue(annotationType, nameof(annotationType));
            if (_kinds.Contains(kind))
                throw Contracts.Except("Column already contains an annotation of this kind.");
            RowMember.GetVectorAndItemType("annotation value", typeof(T), out bool isVector, out var itemType);
            if (isVector != annotationType is VectorDataViewType)
                throw Contracts.Except("Value inputted is supposed to be {0}, but type of Annotationinfo is {1}",
                    isVector ? "vector" : "scalar", isVector ? "scalar" : "vector");
            if (itemType != annotationType.GetItemType().RawType)
                throw Contracts.Except("Value inputted is supposed to have Type {0}, but type of Annotationinfo has {1}", itemType, annotationType.GetItemType().RawType);
            _kinds.Add(kind);
            // A key's annotation is given as it is stored, not as a category of a member.
            var stored = annotationType is KeyDataViewType ? ColumnTypeExtensions.PrimitiveTypeFromType(itemType) : annotationType;
            _annotations.Add(kind, annotationType, Getters.FromMember<object, T>(_ => value, () => null, stored));
        }

        internal void Inherit(DataViewSchema.Annotations annotations)
        {
            _annotations.Add(annotations, kind => !_kinds.Contains(kind));
            _kinds.UnionWith(annotations.Schema.Select(c => c.Name));
        }
    }
}
