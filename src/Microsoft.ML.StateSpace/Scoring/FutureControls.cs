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
    /// <param name="columns">The model's columns, of which these are read: the controls, vectors of steps·U numbers, and, where the rows
    /// have them, the static covariates.</param>
    /// <param name="idColumn">Column of ids; null: rows are told by their order.</param>
    /// <param name="steps">The steps to be driven.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">There is no row, a row's controls are not all known or too few, or an id comes
    /// twice; names row and column.</exception>
    public static FutureControls Read(IDataView view, SequenceColumns columns, string? idColumn, int steps)
    {
        if (columns.Controls is not null && columns.Static is not null && view.Schema.GetColumnOrNull(columns.Static) is null)
            columns = columns with { Static = null };
        var result = new FutureControls(idColumn is not null);
        var reader = new FutureControlsReader(view.Schema, columns, idColumn);
        using var cursor = view.GetRowCursor(reader.Columns);
        var read = reader.Create(cursor);
        while (cursor.MoveNext())
        {
            var (id, controls) = read();
            if (result.FaultOf(id, controls, steps) is { } fault)
                throw new SequenceFormatException(fault).At(FutureControlsReader.Place(cursor, id, columns.Controls ?? columns.Static!));
            result._rows.Add(controls);
            result._byId?.Add(id!, controls);
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

    private string? FaultOf(string? id, SequenceInputs controls, int steps) =>
        controls.ControlSteps < steps ? $"{steps} steps are drawn or forecast, but there are controls for {controls.ControlSteps}"
        : id is not null && _byId!.ContainsKey(id) ? "another row has the same id"
        : null;
}
