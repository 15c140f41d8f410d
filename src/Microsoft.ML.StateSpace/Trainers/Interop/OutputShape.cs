using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Trainers.Interop;

/// <summary>The shape of the output schema, from that of the input: <see cref="SchemaShape.Column"/>'s constructor is internal.</summary>
internal static class OutputShape
{
    /// <summary>Adds the output columns that are named.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A sequence column is missing or of the wrong type.</exception>
    public static SchemaShape Of(SchemaShape input, SequenceColumns columns, IEnumerable<string> outputs)
    {
        var observations = Find(input, columns.Observations, IsNumberVector, "a vector of Single or Double");
        if (columns.Mask is not null)
            Find(input, columns.Mask, IsMask, "a vector of Boolean, Single, Double or Int32");
        if (columns.SequenceId is not null)
            Find(input, columns.SequenceId, IsId, "Text, Int32 or Int64");

        // The number of steps is known where the observations' length is; sizes themselves are not part of a shape.
        int? steps = observations.Kind == SchemaShape.Column.VectorKind.Vector ? 1 : null;
        var shape = input.ToDictionary(c => c.Name);
        foreach (string name in outputs)
        {
            bool isFixed = ScoreColumns.All.Single(c => c.Name == name).Size(steps, 1, 1, 1) is not null;
            shape[name] = new SchemaShape.Column(name, isFixed ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector,
                NumberDataViewType.Single, isKey: false);
        }
        return new SchemaShape(shape.Values);
    }

    private static SchemaShape.Column Find(SchemaShape shape, string name, Func<SchemaShape.Column, bool> fits, string wanted)
    {
        if (!shape.TryFindColumn(name, out var column))
            throw new ArgumentOutOfRangeException(nameof(shape), $"The data has no column '{name}'; its columns are {string.Join(", ", shape.Select(c => c.Name))}.");
        return fits(column) ? column
            : throw new ArgumentOutOfRangeException(nameof(shape), $"Column '{name}' is {column.GetTypeString()}; it must be {wanted}.");
    }

    private static bool IsNumberVector(SchemaShape.Column column) => IsVector(column) && IsReal(column.ItemType);

    private static bool IsMask(SchemaShape.Column column) => IsVector(column)
        && (IsReal(column.ItemType) || column.ItemType is BooleanDataViewType || column.ItemType.Equals(NumberDataViewType.Int32));

    private static bool IsId(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar && !column.IsKey
        && (column.ItemType is TextDataViewType || column.ItemType.Equals(NumberDataViewType.Int32) || column.ItemType.Equals(NumberDataViewType.Int64));

    private static bool IsVector(SchemaShape.Column column) => column.Kind != SchemaShape.Column.VectorKind.Scalar && !column.IsKey;

    private static bool IsReal(DataViewType type) => type.Equals(NumberDataViewType.Single) || type.Equals(NumberDataViewType.Double);
}
