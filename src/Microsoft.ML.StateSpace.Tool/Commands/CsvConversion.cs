using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>Which columns of a text file play which part, and how its rows, a step each, become sequences.</summary>
internal sealed record CsvConversion
{
    private const int MostCategories = 1000;
    private static readonly string[] Missing = ["", "?", "NA", "NaN", "N/A", "null"];

    public string? Key { get; init; }

    public string? Order { get; init; }

    public IReadOnlyList<string> Values { get; init; } = [];

    public IReadOnlyList<string> Controls { get; init; } = [];

    /// <summary>Text columns that become controls, a 0 or 1 for each of their values.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Cycles whose phases become controls, two each.</summary>
    public IReadOnlyList<CsvCycle> Cycles { get; init; } = [];

    /// <summary>Steps earlier at which observed columns become controls.</summary>
    public IReadOnlyList<int> Lags { get; init; } = [];

    public IReadOnlyList<string> Statics { get; init; } = [];

    public bool Times { get; init; }

    public int? Window { get; init; }

    public int? Stride { get; init; }

    /// <summary>The rows to take.</summary>
    public Range? Rows { get; init; }

    /// <summary>Converts; returns how many sequences were written.</summary>
    /// <exception cref="DataFileException">A field is no number; names row and column.</exception>
    public long Run(string source, string name, string target, CancellationToken cancellation)
    {
        var context = new MLContext();
        var file = new CsvFile(context, source);
        var reader = new StepReader(this, file, source, name);
        if (reader.Sizes.Values == 0)
            throw new UsageException("--values names the observed columns; all columns of the file have other parts");
        IDataView steps = context.Data.LoadFromEnumerable(reader.Read(), Schema(reader.Sizes));
        IDataView sequences = context.StateSpace.Data.GroupIntoSequences(steps, Grouping(reader.Sizes));
        if (sequences.GetRowCount() is not > 0)
            throw new InvalidDataException($"'{source}' makes no sequence: it has no rows there, or too few for a window");
        DataFile.Write(new WatchedDataView(sequences, _ => cancellation.ThrowIfCancellationRequested()), target);
        return sequences.GetRowCount() ?? 0;
    }

    private SequenceGroupingOptions Grouping((int Values, int Controls, int Statics) sizes) => new()
    {
        KeyColumnName = nameof(Step.Sequence),
        SequenceIdColumnName = "SequenceId",
        OrderColumnName = Order is null ? null : nameof(Step.Order),
        TimesColumnName = Times ? "Times" : null,
        ValueColumnNames = [nameof(Step.Values)],
        ControlValueColumnNames = sizes.Controls > 0 ? [nameof(Step.Controls)] : null,
        StaticValueColumnNames = sizes.Statics > 0 ? [nameof(Step.Statics)] : null,
        Lags = Lags,
        WindowLength = Window,
        Stride = Stride,
    };

    private static SchemaDefinition Schema((int Values, int Controls, int Statics) sizes)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Step));
        schema[nameof(Step.Values)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sizes.Values);
        schema[nameof(Step.Controls)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sizes.Controls);
        schema[nameof(Step.Statics)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sizes.Statics);
        return schema;
    }

    private sealed class Step
    {
        public string Sequence { get; set; } = "";

        public double Order { get; set; }

        public float[] Values { get; set; } = [];

        public float[] Controls { get; set; } = [];

        public float[] Statics { get; set; } = [];
    }

    /// <summary>Makes steps of rows of text.</summary>
    private sealed class StepReader
    {
        private readonly CsvConversion _parts;
        private readonly CsvFile _file;
        private readonly string _path;
        private readonly string _name;
        private readonly int[] _values, _controls, _statics;
        private readonly (int Column, List<string> Values)[] _categories;
        private readonly (CsvCycle Cycle, int Column)[] _cycles;
        private readonly int? _key, _order;
        private bool? _isTime;

        public StepReader(CsvConversion parts, CsvFile file, string path, string name)
        {
            (_parts, _file, _path, _name) = (parts, file, path, name);
            int[] Find(IEnumerable<string> names) => names.Select(file.IndexOf).ToArray();
            (_controls, _statics) = (Find(parts.Controls), Find(parts.Statics));
            (_key, _order) = (parts.Key is { } key ? file.IndexOf(key) : null, parts.Order is { } order ? file.IndexOf(order) : null);
            IEnumerable<string?> taken = [parts.Key, parts.Order, .. parts.Controls, .. parts.Statics, .. parts.Categories, .. parts.Cycles.Select(cycle => cycle.Column)];
            _values = Find(parts.Values.Count > 0 ? parts.Values : file.Names.Where(column => !taken.Contains(column)));
            _categories = Find(parts.Categories).Select(column => (column, ValuesOf(column))).ToArray();
            // Without a column it is the order's, which the options demand.
            _cycles = parts.Cycles.Select(cycle => (cycle, cycle.Column is { } column ? file.IndexOf(column) : _order!.Value)).ToArray();
        }

        public (int Values, int Controls, int Statics) Sizes =>
            (_values.Length, _controls.Length + _categories.Sum(category => category.Values.Count) + 2 * _cycles.Length, _statics.Length);

        public IEnumerable<Step> Read()
        {
            (int first, int end) = (_parts.Rows?.Start.Value ?? 0, _parts.Rows is { End.IsFromEnd: false } rows ? rows.End.Value : int.MaxValue);
            int row = 0;
            foreach (string[] fields in _file.Rows())
            {
                if (row >= end)
                    yield break;
                if (row >= first)
                    yield return Of(fields, row);
                row++;
            }
        }

        private Step Of(string[] fields, int row) => new()
        {
            Sequence = _key is { } key ? Name(fields[key], row) : _name,
            Order = _order is { } order ? Place(fields[order].Trim(), row) : 0,
            Values = Array.ConvertAll(_values, column => Number(fields[column].Trim(), row, column)),
            Controls =
            [
                .. _controls.Select(column => Number(fields[column].Trim(), row, column)),
                .. _categories.SelectMany(category => OneHot(category, fields)),
                .. _cycles.SelectMany(cycle => Phase(cycle, fields, row)),
            ],
            Statics = Array.ConvertAll(_statics, column => Number(fields[column].Trim(), row, column)),
        };

        private string Name(string key, int row) =>
            key.Length > 0 ? key : throw Fault("the sequence's name is missing", row, _key!.Value);

        private float Number(string field, int row, int column)
        {
            if (float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out float value))
                return value;
            return Missing.Contains(field, StringComparer.OrdinalIgnoreCase)
                ? float.NaN
                : throw Fault($"'{field}' is no number; name columns of numbers only, and text columns in --categories", row, column);
        }

        // What the first row has, a number or a time, all must have.
        private double Place(string field, int row)
        {
            _isTime ??= !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
            if (_isTime == false && double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
                return number;
            const DateTimeStyles Universal = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            return _isTime == true && DateTime.TryParse(field, CultureInfo.InvariantCulture, Universal, out DateTime time)
                ? (time - DateTime.UnixEpoch).TotalSeconds
                : throw Fault($"'{field}' is no {(_isTime == true ? "time" : "number, as the first row's is")}", row, _order!.Value);
        }

        private static IEnumerable<float> OneHot((int Column, List<string> Values) category, string[] fields) =>
            category.Values.Select(value => value == fields[category.Column] ? 1f : 0f);

        private float[] Phase((CsvCycle Cycle, int Column) cycle, string[] fields, int row)
        {
            string field = fields[cycle.Column].Trim();
            if (cycle.Cycle.Column is not null)
                return cycle.Cycle.Controls(Number(field, row, cycle.Column));
            double place = Place(field, row);
            return _isTime == true
                ? cycle.Cycle.Controls(place)
                : throw Fault($"'{field}' is no time, of which --cycles {cycle.Cycle.Name} could be a phase; write column:period for numbers", row, cycle.Column);
        }

        // Of the whole file, so that all parts that are cut from it have the same columns.
        private List<string> ValuesOf(int column)
        {
            var values = new SortedSet<string>(StringComparer.Ordinal);
            int row = 0;
            foreach (string[] fields in _file.Rows())
            {
                if (!Missing.Contains(fields[column], StringComparer.OrdinalIgnoreCase) && values.Add(fields[column]) && values.Count > MostCategories)
                    throw Fault($"it has over {MostCategories} different values, which are no categories", row, column);
                row++;
            }

            return [.. values];
        }

        private DataFileException Fault(string fault, int row, int column) => new(_path, fault, row, _file.Names[column]);
    }
}
