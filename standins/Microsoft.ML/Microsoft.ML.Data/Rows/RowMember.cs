using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The members of a class that can be columns, and the column types they imply.</summary>
internal static class RowMember
{
    public static IEnumerable<MemberInfo> Of(Type type, SchemaDefinition.Direction direction)
    {
        bool read = direction.HasFlag(SchemaDefinition.Direction.Read), write = direction.HasFlag(SchemaDefinition.Direction.Write);
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.Instance).Where(f => !f.IsLiteral);
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p =>
            ((read && p.GetGetMethod() is not null) || (write && p.GetSetMethod() is not null)) && p.GetIndexParameters().Length == 0);
        return fields.Concat<MemberInfo>(properties)
            .Where(m => TypeOf(m) != typeof(IChannel) && m.GetCustomAttribute<NoColumnAttribute>() is null);
    }

    public static Type TypeOf(MemberInfo member) => member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    /// <summary>Whether a .NET type is a vector (an array or a <see cref="VBuffer{T}"/>), and of which column item type.</summary>
    public static void GetVectorAndItemType(string name, Type rawType, out bool isVector, out Type itemType)
    {
        isVector = rawType.IsArray || (rawType.IsGenericType && rawType.GetGenericTypeDefinition() == typeof(VBuffer<>));
        itemType = rawType.IsArray ? rawType.GetElementType() : isVector ? rawType.GetGenericArguments()[0] : rawType;
        itemType = ColumnTypeExtensions.TryPrimitive(itemType)?.RawType
            ?? throw Contracts.ExceptParam(nameof(rawType), "Could not determine an IDataView type and registered custom types for member {0}", name);
    }

    public static DataViewType ColumnType(MemberInfo member)
    {
        GetVectorAndItemType(member.Name, TypeOf(member), out bool isVector, out var itemType);
        var key = member.GetCustomAttribute<KeyTypeAttribute>();
        if (key is not null && !KeyDataViewType.IsValidDataType(itemType))
            throw Contracts.ExceptParam("userType", "Member {0} marked with KeyType attribute, but does not appear to be a valid kind of data for a key type", member.Name);
        var item = key is null ? ColumnTypeExtensions.PrimitiveTypeFromType(itemType) : new KeyDataViewType(itemType, key.Count);
        var vector = member.GetCustomAttribute<VectorTypeAttribute>();
        if (vector is not null && !isVector)
            throw Contracts.ExceptParam("userType", $"Member {member.Name} marked with {nameof(VectorTypeAttribute)}, but does not appear to be a vector type");
        return !isVector ? item : vector?.Dims is { Length: > 0 } dims ? new VectorDataViewType(item, dims) : new VectorDataViewType(item);
    }
}

/// <summary>A column bound to the member that holds it.</summary>
internal sealed record RowColumn(string Name, DataViewType Type, MemberInfo Member, DataViewSchema.Annotations Annotations)
{
    public Type MemberType => RowMember.TypeOf(Member);

    public static RowColumn[] Bind(Type rowType, SchemaDefinition definition, SchemaDefinition.Direction direction) =>
        (definition ?? SchemaDefinition.Create(rowType, direction)).Select(c => Bind(rowType, c)).Where(c => c is not null).ToArray();

    public static DataViewSchema Schema(RowColumn[] columns) =>
        SchemaExtensions.MakeSchema(columns.Select(c => new DataViewSchema.DetachedColumn(c.Name, c.Type, c.Annotations)));

    private static RowColumn Bind(Type rowType, SchemaDefinition.Column column)
    {
        const string Parameter = "userSchemaDefinition";
        MemberInfo member = (MemberInfo)rowType.GetField(column.MemberName) ?? rowType.GetProperty(column.MemberName)
            ?? throw Contracts.ExceptParam(Parameter, "No field or property with name '{0}' found in type '{1}'", column.MemberName, rowType.FullName);
        if (RowMember.TypeOf(member) == typeof(IChannel))
            return null;
        RowMember.GetVectorAndItemType(member.Name, RowMember.TypeOf(member), out bool isVector, out var itemType);
        string name = string.IsNullOrEmpty(column.ColumnName) ? column.MemberName : column.ColumnName;
        var type = column.ColumnType;
        if (type is null)
        {
            var item = ColumnTypeExtensions.PrimitiveTypeFromType(itemType);
            type = isVector ? new VectorDataViewType(item) : item;
        }
        if (isVector != type is VectorDataViewType)
            throw Contracts.ExceptParam(Parameter, "Column '{0}' is supposed to be {1}, but type of associated field '{2}' is {3}",
                name, isVector ? "scalar" : "vector", column.MemberName, isVector ? "vector" : "scalar");
        if (type.GetItemType().RawType != itemType)
            throw Contracts.ExceptParam(Parameter, "Column '{0}' is supposed to have item type {1}, but associated field has type {2}",
                name, type.GetItemType().RawType, itemType);
        return new RowColumn(name, type, member, column.Annotations);
    }
}
