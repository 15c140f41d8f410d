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
        var observations = Find(input, columns.Observations, SequenceColumnTypes.IsObservations, SequenceColumnTypes.Observations);
        if (columns.Mask is not null)
            Find(input, columns.Mask, SequenceColumnTypes.IsMask, SequenceColumnTypes.Mask);
        foreach (string name in new[] { columns.Controls, columns.Times }.OfType<string>())
            Find(input, name, SequenceColumnTypes.IsObservations, SequenceColumnTypes.Observations);
        if (columns.Static is not null)
            Find(input, columns.Static, SequenceColumnTypes.IsStatic, SequenceColumnTypes.Static);
        if (columns.SequenceId is not null)
            Find(input, columns.SequenceId, SequenceColumnTypes.IsId, SequenceColumnTypes.Id);

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

    private static SchemaShape.Column Find(SchemaShape shape, string name, Func<bool, DataViewType, bool> fits, string wanted)
    {
        if (!shape.TryFindColumn(name, out var column))
            throw new ArgumentOutOfRangeException(nameof(shape), $"The data has no column '{name}'; its columns are {string.Join(", ", shape.Select(c => c.Name))}.");
        return !column.IsKey && fits(column.Kind != SchemaShape.Column.VectorKind.Scalar, column.ItemType) ? column
            : throw new ArgumentOutOfRangeException(nameof(shape), $"Column '{name}' is {column.GetTypeString()}; it must be {wanted}.");
    }
}
