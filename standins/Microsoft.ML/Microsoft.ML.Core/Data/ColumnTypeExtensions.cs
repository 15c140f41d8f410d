namespace Microsoft.ML.Data;

/// <summary>Questions about column types.</summary>
internal static class ColumnTypeExtensions
{
    private static readonly Dictionary<Type, PrimitiveDataViewType> Primitives = new PrimitiveDataViewType[]
    {
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16,
        NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double, TextDataViewType.Instance, BooleanDataViewType.Instance,
        TimeSpanDataViewType.Instance, DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance, RowIdDataViewType.Instance,
    }.ToDictionary(type => type.RawType);

    public static DataViewType GetItemType(this DataViewType columnType) => (columnType as VectorDataViewType)?.ItemType ?? columnType;

    public static int GetVectorSize(this DataViewType columnType) => (columnType as VectorDataViewType)?.Size ?? 0;

    public static int GetValueCount(this DataViewType columnType) => (columnType as VectorDataViewType)?.Size ?? 1;

    public static bool IsKnownSizeVector(this DataViewType columnType) => columnType.GetVectorSize() > 0;

    public static ulong GetKeyCount(this DataViewType columnType) => (columnType as KeyDataViewType)?.Count ?? 0;

    public static bool SameSizeAndItemType(this DataViewType columnType, DataViewType other) =>
        other is not null && (columnType.Equals(other) || (columnType is VectorDataViewType a && other is VectorDataViewType b
            && a.ItemType.Equals(b.ItemType) && a.Size == b.Size));

    public static PrimitiveDataViewType PrimitiveTypeFromType(Type type) => TryPrimitive(type)
        ?? throw new InvalidOperationException($"Bad type in {nameof(ColumnTypeExtensions)}.NumberTypeFromType: {type}");

    internal static PrimitiveDataViewType TryPrimitive(Type type) =>
        type == typeof(string) ? TextDataViewType.Instance : Primitives.GetValueOrDefault(type);
}
