using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>Makes steps of rows of text, one each.</summary>
internal sealed class CsvRows : ICsvSteps
{
    private const int MostCategories = 1000;
    private readonly CsvFields _fields;
    private readonly string _name;
    private readonly int[] _values, _controls, _statics;
    private readonly (int Column, List<string> Values)[] _categories;
    private readonly (CsvCycle Cycle, int Column)[] _cycles;
    private readonly int? _key, _order;

    /// <param name="parts">Which columns play which part.</param>
    /// <param name="file">The file.</param>
    /// <param name="fields">Reads its fields.</param>
    /// <param name="name">The only sequence's, where there is no key.</param>
    /// <exception cref="InvalidDataException">A column is missing.</exception>
    public CsvRows(CsvConversion parts, CsvFile file, CsvFields fields, string name)
    {
        (_fields, _name) = (fields, name);
        int[] Find(IEnumerable<string> names) => names.Select(file.IndexOf).ToArray();
        (_controls, _statics) = (Find(parts.Controls), Find(parts.Statics));
        (_key, _order) = (parts.Key is { } key ? file.IndexOf(key) : null, parts.Order is { } order ? file.IndexOf(order) : null);
        IEnumerable<string?> taken = [parts.Key, parts.Order, .. parts.Controls, .. parts.Statics, .. parts.Categories, .. parts.Cycles.Select(cycle => cycle.Column)];
        _values = Find(parts.Values.Count > 0 ? parts.Values : file.Names.Where(column => !taken.Contains(column)));
        _categories = Find(parts.Categories).Select(column => (column, fields.ValuesOf(column, MostCategories, "categories"))).ToArray();
        // Without a column it is the order's, which the options demand.
        _cycles = parts.Cycles.Select(cycle => (cycle, cycle.Column is { } column ? file.IndexOf(column) : _order!.Value)).ToArray();
    }

    public CsvSizes Sizes =>
        new(_values.Length, _controls.Length + _categories.Sum(category => category.Values.Count) + 2 * _cycles.Length, _statics.Length);

    public IEnumerable<CsvStep> Read() => _fields.Rows().Select(line => Of(line.Fields, line.Row));

    private CsvStep Of(string[] fields, int row) => new()
    {
        Sequence = _key is { } key ? _fields.Name(fields[key], "sequence's name", row, key) : _name,
        Order = _order is { } order ? _fields.Place(fields[order].Trim(), row, order) : 0,
        Values = Array.ConvertAll(_values, column => Number(fields, row, column)),
        Controls =
        [
            .. _controls.Select(column => Number(fields, row, column)),
            .. _categories.SelectMany(category => OneHot(category, fields)),
            .. _cycles.SelectMany(cycle => Phase(cycle, fields, row)),
        ],
        Statics = Array.ConvertAll(_statics, column => Number(fields, row, column)),
    };

    private float Number(string[] fields, int row, int column) =>
        _fields.Number(fields[column].Trim(), "name columns of numbers only, and text columns in --categories", row, column);

    private static IEnumerable<float> OneHot((int Column, List<string> Values) category, string[] fields) =>
        category.Values.Select(value => value == fields[category.Column] ? 1f : 0f);

    private float[] Phase((CsvCycle Cycle, int Column) cycle, string[] fields, int row)
    {
        if (cycle.Cycle.Column is not null)
            return cycle.Cycle.Controls(Number(fields, row, cycle.Column));
        string field = fields[cycle.Column].Trim();
        double place = _fields.Place(field, row, cycle.Column);
        return _fields.HasTimes
            ? cycle.Cycle.Controls(place)
            : throw _fields.Fault($"'{field}' is no time, of which --cycles {cycle.Cycle.Name} could be a phase; write column:period for numbers", row, cycle.Column);
    }
}
