using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Reads rows of nothing but controls, static covariates and ids.</summary>
internal sealed class FutureControlsReader
{
    private readonly SequenceColumns _names;
    private readonly SequenceBinding? _controls;
    private readonly StaticColumn? _static;
    private readonly DataViewSchema.Column? _id;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public FutureControlsReader(DataViewSchema schema, SequenceColumns names, string? idColumn)
    {
        _names = names;
        // Controls are read as observations are, which tells a missing one from one that is no number.
        _controls = names.Controls is null ? null : new SequenceBinding(schema, new SequenceColumns(names.Controls, SequenceId: idColumn, ObservationSize: names.ControlSize));
        _static = StaticColumn.Of(schema, names);
        _id = idColumn is null ? null : SequenceBinding.Find(schema, idColumn, SequenceColumnTypes.IsId, SequenceColumnTypes.Id);
    }

    /// <summary>The columns that a cursor must have active.</summary>
    public IEnumerable<DataViewSchema.Column> Columns =>
        new[] { _static?.Column, _id }.OfType<DataViewSchema.Column>().Concat(_controls?.Columns ?? []).DistinctBy(c => c.Index);

    /// <summary>Makes a reader of the present row's id and inputs.</summary>
    /// <exception cref="SequenceFormatException">The controls or static covariates are not all known; names row and column.</exception>
    public Func<(string? Id, SequenceInputs Inputs)> Create(DataViewRow row)
    {
        var id = _id is null ? null : SequenceBinding.IdGetter(row, _id.Value);
        var controls = _controls?.CreateReader(row);
        var statics = _static?.CreateGetter(row);
        return () =>
        {
            string? name = id?.Invoke();
            var steps = controls?.Invoke();
            if (steps is not null && (steps.HasMissing || steps.Length < steps.Steps))
                throw new SequenceFormatException("a control is missing; controls must all be known").At(Place(row, name, _names.Controls!));
            try
            {
                return (name, new SequenceInputs(steps?.ObservationSize ?? 0, steps is null ? default : steps.Observations, statics: statics?.Invoke()));
            }
            catch (SequenceFormatException e)
            {
                throw e.At(Place(row, name, _names.Static ?? _names.Controls!));
            }
        };
    }

    /// <summary>Where a fault was found.</summary>
    public static string Place(DataViewRow row, string? id, string column) => $"row {row.Position}{(id is null ? "" : $" ('{id}')")}, column '{column}'";
}
