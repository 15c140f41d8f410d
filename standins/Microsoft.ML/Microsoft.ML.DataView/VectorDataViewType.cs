using System.Collections.Immutable;

namespace Microsoft.ML.Data;

/// <summary>A vector of primitive items, with dimensions; a size of 0 means that it varies from row to row.</summary>
public sealed class VectorDataViewType : StructuredDataViewType
{
    public ImmutableArray<int> Dimensions { get; }

    public PrimitiveDataViewType ItemType { get; }

    public int Size { get; }

    public bool IsKnownSize => Size > 0;

    public VectorDataViewType(PrimitiveDataViewType itemType, int size = 0) : base(BufferOf(itemType))
    {
        Checks.Param(size >= 0, nameof(size));
        (ItemType, Size, Dimensions) = (itemType, size, [size]);
    }

    public VectorDataViewType(PrimitiveDataViewType itemType, params int[] dimensions)
        : this(itemType, dimensions is null ? [] : ImmutableArray.Create(dimensions))
    {
    }

    public VectorDataViewType(PrimitiveDataViewType itemType, ImmutableArray<int> dimensions) : base(BufferOf(itemType))
    {
        Checks.Param(dimensions.Length > 0, nameof(dimensions));
        Checks.Param(dimensions.All(d => d >= 0), nameof(dimensions));
        (ItemType, Dimensions) = (itemType, dimensions);
        Size = dimensions.Aggregate(1, (size, d) => checked(size * d));
    }

    public override bool Equals(DataViewType other) =>
        other is VectorDataViewType vector && ItemType.Equals(vector.ItemType) && Dimensions.SequenceEqual(vector.Dimensions);

    public override bool Equals(object other) => other is DataViewType type && Equals(type);

    public override int GetHashCode() =>
        Dimensions.Aggregate(HashCode.Combine(ItemType, Size), (hash, d) => HashCode.Combine(hash, d));

    public override string ToString()
    {
        string dimensions = Dimensions.Length == 1
            ? (Size > 0 ? $", {Size}" : "")
            : string.Concat(Dimensions.Select(d => d > 0 ? $", {d}" : ", *"));
        return $"Vector<{ItemType}{dimensions}>";
    }

    private static Type BufferOf(PrimitiveDataViewType itemType) =>
        typeof(VBuffer<>).MakeGenericType(Checks.Value(itemType, nameof(itemType)).RawType);
}
