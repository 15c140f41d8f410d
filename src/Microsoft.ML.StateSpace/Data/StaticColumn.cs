using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>The column of static covariates found in a schema: a number or a vector a row.</summary>
/// <param name="Column">Where they are.</param>
/// <param name="Size">S.</param>
internal sealed record StaticColumn(DataViewSchema.Column Column, int Size)
{
    /// <summary>Finds the column; null where none is named.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing, of the wrong type, or of another size.</exception>
    public static StaticColumn? Of(DataViewSchema schema, SequenceColumns names)
    {
        if (names.Static is null)
            return null;
        var column = SequenceBinding.Find(schema, names.Static, SequenceColumnTypes.IsStatic, SequenceColumnTypes.Static);
        int? known = column.Type is not VectorDataViewType vector ? 1 : vector.IsKnownSize ? vector.Size : null;
        int size = names.StaticSize ?? known ?? throw new ArgumentOutOfRangeException(nameof(schema),
            $"Column '{column.Name}' is {column.Type}, which does not tell how many numbers it holds; set {nameof(SequenceColumns.StaticSize)}.");
        return known is null || known == size ? new StaticColumn(column, size) : throw new ArgumentOutOfRangeException(nameof(schema),
            $"Column '{column.Name}' holds {known} number{(known == 1 ? "" : "s")}; {nameof(SequenceColumns.StaticSize)} is {size}.");
    }

    /// <summary>Reads the present row's S numbers.</summary>
    public Func<float[]> CreateGetter(DataViewRow row)
    {
        var read = (Column.Type is VectorDataViewType vector ? vector.ItemType : Column.Type).RawType switch
        {
            var type when type == typeof(float) => Getter<float>(row, v => v),
            var type when type == typeof(double) => Getter<double>(row, v => (float)v),
            var type when type == typeof(int) => Getter<int>(row, v => v),
            var type when type == typeof(long) => Getter<long>(row, v => v),
            _ => Getter<bool>(row, v => v ? 1 : 0),
        };
        return () =>
        {
            float[] values = read();
            return values.Length == Size ? values
                : throw new SequenceFormatException($"there are {values.Length} static covariates; there must be {Size}");
        };
    }

    private Func<float[]> Getter<T>(DataViewRow row, Func<T, float> convert)
    {
        if (Column.Type is VectorDataViewType)
            return SequenceBinding.VectorGetter<T, float>(row, Column, (value, _) => convert(value));
        var getter = row.GetGetter<T>(Column);
        var read = default(T)!;
        return () =>
        {
            getter(ref read);
            return [convert(read)];
        };
    }
}
