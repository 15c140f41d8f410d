using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>How a table of events, a row per observation, becomes steps with a column per variable.</summary>
/// <param name="Variable">The column that names what was observed.</param>
/// <param name="Value">The column with its value.</param>
/// <param name="KeepsLast">Whether the later row counts where a variable has two values at one place; else they are refused.</param>
internal sealed record CsvPivot(string Variable, string Value, bool KeepsLast)
{
    /// <summary>Reads <c>variable:value</c>.</summary>
    /// <exception cref="UsageException">It is not two names.</exception>
    public static CsvPivot Parse(string text, bool keepsLast) =>
        text.Split(':', StringSplitOptions.TrimEntries) is [{ Length: > 0 } variable, { Length: > 0 } value] && variable != value
            ? new CsvPivot(variable, value, keepsLast)
            : throw new UsageException($"--pivot is '{text}'; write the column that names the variable and that of its value, as name:value");
}

/// <summary>Makes steps of a table of events: the different places of a key, what was not observed there NaN.</summary>
internal sealed class CsvEvents : ICsvSteps
{
    private const int MostVariables = 10_000;
    private readonly CsvFields _fields;
    private readonly CsvPivot _pivot;
    private readonly string _name;
    private readonly int? _key;
    private readonly int _order, _variable, _value;
    private readonly Dictionary<string, int> _places;

    /// <param name="parts">With a pivot and an order.</param>
    /// <param name="file">The file.</param>
    /// <param name="fields">Reads its fields.</param>
    /// <param name="name">The only sequence's, where there is no key.</param>
    /// <exception cref="InvalidDataException">A column is missing.</exception>
    public CsvEvents(CsvConversion parts, CsvFile file, CsvFields fields, string name)
    {
        (_fields, _pivot, _name) = (fields, parts.Pivot!, name);
        (_key, _order) = (parts.Key is { } key ? file.IndexOf(key) : null, file.IndexOf(parts.Order!));
        (_variable, _value) = (file.IndexOf(_pivot.Variable), file.IndexOf(_pivot.Value));
        IReadOnlyList<string> names = parts.Values.Count > 0 ? parts.Values : fields.ValuesOf(_variable, MostVariables, "variables");
        _places = names.Select((variable, place) => (variable, place)).ToDictionary(pair => pair.variable, pair => pair.place);
    }

    public CsvSizes Sizes => new(_places.Count);

    // Rows come in any order: the whole table is held, as it is for sorting anyway.
    public IEnumerable<CsvStep> Read()
    {
        var steps = new Dictionary<(string, double), CsvStep>();
        foreach ((string[] fields, int row) in _fields.Rows())
        {
            string variable = _fields.Name(fields[_variable], "variable's name", row, _variable);
            if (!_places.TryGetValue(variable, out int place))
                continue;
            string sequence = _key is { } key ? _fields.Name(fields[key], "sequence's name", row, key) : _name;
            double order = _fields.Place(fields[_order].Trim(), row, _order);
            float value = _fields.Number(fields[_value].Trim(), "values must be numbers; leave other variables out with --values", row, _value);
            if (!steps.TryGetValue((sequence, order), out CsvStep? step))
            {
                step = new CsvStep { Sequence = sequence, Order = order, Values = new float[_places.Count] };
                Array.Fill(step.Values, float.NaN);
                steps.Add((sequence, order), step);
            }

            if (float.IsNaN(value))
                continue;
            if (!float.IsNaN(step.Values[place]) && !_pivot.KeepsLast)
                throw _fields.Fault($"a second value of '{variable}' at {fields[_order].Trim()} of '{sequence}'; --duplicates last takes the later row's", row, _value);
            step.Values[place] = value;
        }

        return steps.Values;
    }
}
