using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Controls for steps that are drawn or forecast, a row per sequence, in place of the sequences' own.</summary>
/// <remarks>The first control of a row acts on the transition into the first step after the prefix or the observed steps; into the
/// very first step where nothing is observed. Rows are found by id where both sides have one, else by their order; a single row
/// without an id serves all.</remarks>
internal sealed class FutureControls
{
    private readonly List<SequenceInputs> _rows = [];
    private readonly Dictionary<string, SequenceInputs>? _byId;

    private FutureControls(bool hasIds) => _byId = hasIds ? [] : null;

    /// <summary>Reads every row, and makes sure that each drives all steps.</summary>
    /// <param name="view">The rows.</param>
    /// <param name="column">Vector column of steps·U numbers.</param>
    /// <param name="size">U</param>
    /// <param name="idColumn">Column of ids; null: rows are told by their order.</param>
    /// <param name="steps">The steps to be driven.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">There is no row, a row's controls are not all known or too few, or an id comes
    /// twice; names row and column.</exception>
    public static FutureControls Read(IDataView view, string column, int size, string? idColumn, int steps)
    {
        var binding = new SequenceBinding(view.Schema, new SequenceColumns(column, SequenceId: idColumn, ObservationSize: size));
        var result = new FutureControls(idColumn is not null);
        using var cursor = view.GetRowCursor(binding.Columns);
        var read = binding.CreateReader(cursor);
        while (cursor.MoveNext())
        {
            var row = read();
            if (result.FaultOf(row, steps) is { } fault)
                throw new SequenceFormatException(fault).At($"row {cursor.Position}{(row.Id is null ? "" : $" ('{row.Id}')")}, column '{column}'");
            var controls = new SequenceInputs(size, row.Observations);
            result._rows.Add(controls);
            result._byId?.Add(row.Id!, controls);
        }
        return result._rows.Count > 0 ? result : throw new SequenceFormatException("there is no row of controls");
    }

    /// <summary>The column of ids that <see cref="Read"/> and its callers go by: the model's, else "SequenceId" where there is one.</summary>
    public static string? IdColumn(DataViewSchema schema, string? modelsColumn)
    {
        string name = modelsColumn ?? "SequenceId";
        return schema.GetColumnOrNull(name) is { } column && SequenceColumnTypes.IsId(column.Type is VectorDataViewType, column.Type) ? name : null;
    }

    /// <summary>The controls of a row.</summary>
    /// <param name="position">Its number, from 0.</param>
    /// <param name="id">Its id, or null.</param>
    /// <exception cref="SequenceFormatException">There are none.</exception>
    public SequenceInputs Of(long position, string? id)
    {
        if (_byId is not null && id is not null)
            return _byId.TryGetValue(id, out var found) ? found
                : throw new SequenceFormatException($"the given controls have no row of the id '{id}'");
        if (_rows.Count == 1)
            return _rows[0];
        return position < _rows.Count ? _rows[(int)position]
            : throw new SequenceFormatException($"the given controls have {_rows.Count} rows, and none for row {position}");
    }

    private string? FaultOf(Sequence row, int steps) =>
        row.HasMissing || row.Length < row.Steps ? "a control is missing; controls must all be known"
        : row.Steps < steps ? $"{steps} steps are drawn or forecast, but there are controls for {row.Steps}"
        : row.Id is not null && _byId!.ContainsKey(row.Id) ? "another row has the same id"
        : null;
}
