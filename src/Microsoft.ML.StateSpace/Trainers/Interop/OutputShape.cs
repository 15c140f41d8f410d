using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Trainers.Interop;

/// <summary>The shape of the output schema, from that of the input: <see cref="SchemaShape.Column"/>'s constructor is internal.</summary>
internal static class OutputShape
{
    /// <summary>Adds the output columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A sequence column is missing or of the wrong type.</exception>
    public static SchemaShape Of(SchemaShape input, SequenceColumns columns, IReadOnlyList<ScoreColumn> outputs)
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
        bool fixedSteps = observations.Kind == SchemaShape.Column.VectorKind.Vector;
        var shape = input.ToDictionary(c => c.Name);
        foreach (var column in outputs)
            shape[column.Name] = Of(column, fixedSteps);
        return new SchemaShape(shape.Values);
    }

    private static SchemaShape.Column Of(ScoreColumn column, bool fixedSteps)
    {
        var kind = column.IsScalar ? SchemaShape.Column.VectorKind.Scalar
            : column.IsFixed(fixedSteps) ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector;
        var annotations = new List<SchemaShape.Column>();
        if (kind == SchemaShape.Column.VectorKind.Vector)
            annotations.Add(new(ScoreAnnotations.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false));
        if (column.Kind is not null)
        {
            annotations.Add(Scalar(ScoreAnnotations.ScoreColumnSetId, NumberDataViewType.UInt32, isKey: true));
            annotations.Add(Scalar(ScoreAnnotations.ScoreColumnKind, TextDataViewType.Instance));
            annotations.Add(Scalar(ScoreAnnotations.ScoreValueKind, TextDataViewType.Instance));
        }
        return new(column.Name, kind, NumberDataViewType.Single, isKey: false, annotations.Count == 0 ? null : new SchemaShape(annotations));
    }

    private static SchemaShape.Column Scalar(string name, DataViewType type, bool isKey = false) =>
        new(name, SchemaShape.Column.VectorKind.Scalar, type, isKey);

    private static SchemaShape.Column Find(SchemaShape shape, string name, Func<bool, DataViewType, bool> fits, string wanted)
    {
        if (!shape.TryFindColumn(name, out var column))
            throw new ArgumentOutOfRangeException(nameof(shape), $"The data has no column '{name}'; its columns are {string.Join(", ", shape.Select(c => c.Name))}.");
        return !column.IsKey && fits(column.Kind != SchemaShape.Column.VectorKind.Scalar, column.ItemType) ? column
            : throw new ArgumentOutOfRangeException(nameof(shape), $"Column '{name}' is {column.GetTypeString()}; it must be {wanted}.");
    }
}
