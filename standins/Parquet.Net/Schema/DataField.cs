namespace Parquet.Schema;

/// <summary>A column of values.</summary>
public class DataField : Field, ICloneable
{
    private static readonly HashSet<System.Type> Supported =
    [
        typeof(bool), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long),
        typeof(ulong), typeof(float), typeof(double), typeof(decimal), typeof(DateTime), typeof(Guid),
        typeof(ReadOnlyMemory<char>), typeof(ReadOnlyMemory<byte>),
    ];

    private bool _isNullable;
    private bool _isArray;

    public DataField(string name, System.Type clrType, bool? isNullable = null, bool? isArray = null, string? propertyName = null)
        : base(name, SchemaType.Data)
    {
        System.Type element = ElementOf(clrType, out bool array);
        bool nullable = element.IsClass || element.IsInterface || Nullable.GetUnderlyingType(element) is not null;
        element = Nullable.GetUnderlyingType(element) ?? element;
        ClrType = element == typeof(string) ? typeof(ReadOnlyMemory<char>)
            : element == typeof(byte[]) ? typeof(ReadOnlyMemory<byte>)
            : element;
        if (!Supported.Contains(ClrType))
        {
            throw new NotSupportedException($"type {clrType} is not supported");
        }

        IsNullable = isNullable ?? nullable;
        IsArray = isArray ?? array;
    }

    public override bool IsNullable
    {
        get => _isNullable;
        internal set => _isNullable = value;
    }

    /// <summary>A legacy repeated field, without a list around it.</summary>
    public bool IsArray
    {
        get => _isArray;
        internal set
        {
            _isArray = value;
            MaxRepetitionLevel = value ? 1 : 0;
        }
    }

    /// <summary>The type that the raw calls read and write; for text it is <c>ReadOnlyMemory&lt;char&gt;</c>.</summary>
    public System.Type ClrType { get; }

    public int FieldId { get; set; } = -1;

    internal bool IsAttachedToSchema { get; private set; }

    public object Clone() => MemberwiseClone();

    public override string ToString() => $"{Path} ({ClrType}{(IsNullable ? "?" : "")}{(IsArray ? "[]" : "")})";

    public override bool Equals(object? obj) =>
        obj is DataField other && base.Equals(obj) && ClrType == other.ClrType && IsNullable == other.IsNullable && IsArray == other.IsArray;

    public override int GetHashCode() => base.GetHashCode();

    internal void EnsureAttachedToSchema(string argument)
    {
        if (!IsAttachedToSchema)
        {
            throw new ArgumentException($"Field [{this}] is not attached to any schema: make a schema of it first.", argument);
        }
    }

    internal override void PlaceUnder(FieldPath? parent) => Path = parent + new FieldPath(Name);

    internal override void PropagateLevels(int repetition, int definition)
    {
        MaxRepetitionLevel = repetition + (IsArray ? 1 : 0);
        MaxDefinitionLevel = definition + (IsArray || IsNullable ? 1 : 0);
        IsAttachedToSchema = true;
    }

    private static System.Type ElementOf(System.Type type, out bool isArray)
    {
        isArray = false;
        if (type == typeof(string) || type == typeof(byte[]))
        {
            return type;
        }

        System.Type? sequence = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>)
            ? type
            : type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>));
        isArray = sequence is not null;
        return sequence?.GenericTypeArguments[0] ?? type;
    }
}

/// <summary>A column of values of a type known at compile time.</summary>
public class DataField<T> : DataField
{
    public DataField(string name, bool? nullable = null) : base(name, typeof(T), nullable) { }
}
