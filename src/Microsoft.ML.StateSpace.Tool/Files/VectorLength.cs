using System.Collections.Frozen;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>Reads how long the vectors of a column are, whatever they hold.</summary>
internal static class VectorLength
{
    private static readonly FrozenDictionary<Type, Func<DataViewRow, DataViewSchema.Column, Func<int>>> Readers =
        new Dictionary<Type, Func<DataViewRow, DataViewSchema.Column, Func<int>>>
        {
            [typeof(float)] = Reader<float>,
            [typeof(double)] = Reader<double>,
            [typeof(bool)] = Reader<bool>,
            [typeof(int)] = Reader<int>,
            [typeof(long)] = Reader<long>,
            [typeof(ReadOnlyMemory<char>)] = Reader<ReadOnlyMemory<char>>,
        }.ToFrozenDictionary();

    /// <summary>A function that gives the length of the present row's vector.</summary>
    /// <exception cref="InvalidDataException">The vector's items have a type that no sequence has.</exception>
    public static Func<int> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        Type item = ((VectorDataViewType)column.Type).ItemType.RawType;
        return Readers.TryGetValue(item, out var reader)
            ? reader(row, column)
            : throw new InvalidDataException($"column '{column.Name}' holds {column.Type}, which is not read");
    }

    private static Func<int> Reader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> value = default;
        return () =>
        {
            getter(ref value);
            return value.Length;
        };
    }
}
