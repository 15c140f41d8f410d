using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>A table with a row per step, and the sequences that its rows form.</summary>
internal sealed class LongForm
{
    private readonly IDataView _source;
    private readonly LongFormFaults _faults;
    private readonly DataViewSchema.Column? _key;
    private readonly DataViewSchema.Column? _order;
    private readonly DataViewSchema.Column[] _values;
    private readonly DataViewSchema.Column[] _controls;
    private readonly DataViewSchema.Column[] _statics;
    private readonly int _controlSize;

    /// <summary>Finds the columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="DataFileException">The same, where the table comes from Parquet files.</exception>
    public LongForm(IDataView source, SequenceGroupingOptions options)
    {
        (_source, Options) = (source, options);
        _faults = LongFormFaults.Of(source);
        DataViewSchema.Column[] FindAll(IReadOnlyList<string>? names) =>
            (names ?? []).Select(name => Find(name, LongFormCells.IsNumbers, "numbers, or vectors of a known size,")).ToArray();
        _key = options.KeyColumnName is { } key ? Find(key, LongFormCells.IsKey, "text or integers") : null;
        _order = options.OrderColumnName is { } order ? Find(order, LongFormCells.IsOrder, "numbers or times") : null;
        _controls = FindAll(options.ControlValueColumnNames);
        _statics = FindAll(options.StaticValueColumnNames);
        var taken = new HashSet<string?>(_controls.Concat(_statics).Select(c => c.Name)) { options.KeyColumnName, options.OrderColumnName };
        _values = options.ValueColumnNames is null ? RealColumns(taken) : FindAll(options.ValueColumnNames);
        if (_values.Length == 0)
        {
            throw _faults.InSchema("no column is left to observe; name some in ValueColumnNames", null);
        }

        (ValueSize, StaticSize, _controlSize) = (_values.Sum(LongFormCells.SizeOf), _statics.Sum(LongFormCells.SizeOf), _controls.Sum(LongFormCells.SizeOf));
        ControlSize = _controlSize + Lags.Count * ValueSize;
    }

    public SequenceGroupingOptions Options { get; }

    /// <summary>D, the observed numbers of a step.</summary>
    public int ValueSize { get; }

    /// <summary>U, the controls of a step, lagged values among them.</summary>
    public int ControlSize { get; }

    /// <summary>S, the static covariates.</summary>
    public int StaticSize { get; }

    /// <summary>The observed columns' names.</summary>
    public IReadOnlyList<string> ValueNames => _values.Select(column => column.Name).ToList();

    /// <summary>The sequences, or their windows, in the order in which their keys first appear.</summary>
    /// <exception cref="DataFileException">The files are damaged, two steps have the same order, or a key is interrupted.</exception>
    /// <exception cref="SequenceFormatException">The same faults in a table that comes from elsewhere.</exception>
    public IEnumerable<LongSequence> Read() =>
        (Options.KeysAreContiguous || _key is null ? ReadContiguous() : ReadAll()).SelectMany(sequence => sequence.Windows(Options, ValueSize));

    private IReadOnlyList<int> Lags => Options.Lags ?? [];

    private DataViewSchema.Column[] RealColumns(HashSet<string?> taken) => _source.Schema
        .Where(c => !c.IsHidden && !taken.Contains(c.Name) && LongFormCells.IsReal(c.Type)).ToArray();

    private DataViewSchema.Column Find(string name, Func<DataViewType, bool> fits, string expected)
    {
        DataViewSchema.Column column = _source.Schema.GetColumnOrNull(name)
            ?? throw _faults.InSchema(
                $"there is no such column, or its type is not supported; there are {string.Join(", ", _source.Schema.Select(c => c.Name))}", name);
        return fits(column.Type)
            ? column
            : throw _faults.InSchema($"it holds {column.Type}, {expected} were expected; choose another column", name);
    }

    private IEnumerable<LongSequence> ReadAll()
    {
        var sequences = new Dictionary<string, LongFormSteps>(StringComparer.Ordinal);
        var inOrder = new List<LongFormSteps>();
        using DataViewRowCursor cursor = OpenCursor(out Func<string> key, out LongFormRow row);
        for (long steps = 0; cursor.MoveNext(); steps++)
        {
            CheckMemory(steps, "the table", "sort it by its key and set KeysAreContiguous, or raise MaxBufferedBytes");
            string name = key();
            if (!sequences.TryGetValue(name, out LongFormSteps? own))
            {
                sequences[name] = own = new LongFormSteps(name);
                inOrder.Add(own);
            }

            own.Append(row);
        }

        return inOrder.Select(ToSequence);
    }

    private IEnumerable<LongSequence> ReadContiguous()
    {
        var finished = new HashSet<string>(StringComparer.Ordinal);
        LongFormSteps? current = null;
        using DataViewRowCursor cursor = OpenCursor(out Func<string> key, out LongFormRow row);
        for (long steps = 0; cursor.MoveNext(); steps++)
        {
            string name = key();
            if (current?.Name != name)
            {
                if (current is not null)
                {
                    yield return ToSequence(current);
                }

                current = finished.Add(name) ? new LongFormSteps(name) : throw Interrupted(cursor, name);
                steps = 0;
            }

            CheckMemory(steps, $"sequence '{name}'", "cut it into several keys, or raise MaxBufferedBytes");
            current.Append(row);
        }

        if (current is not null)
        {
            yield return ToSequence(current);
        }
    }

    private LongSequence ToSequence(LongFormSteps steps)
    {
        LongSequence sequence = steps.ToSequence(_faults, ValueSize, _controlSize);
        return Lags.Count == 0
            ? sequence
            : sequence.WithLags(Lags, ValueSize) ?? throw _faults.InSequence(
                $"sequence '{sequence.Name}' has no step for which every column is known {string.Join(" and ", Lags)} steps earlier; take shorter Lags, or leave such sequences out");
    }

    private void CheckMemory(long steps, string what, string remedy)
    {
        long stepBytes = sizeof(float) * (ValueSize + ControlSize) + (_order is null ? 0 : sizeof(long) + sizeof(double));
        if (steps * stepBytes > Options.MaxBufferedBytes)
        {
            throw _faults.InSequence($"{what} has over {steps} steps, which take more than the {Options.MaxBufferedBytes >> 20} MiB of memory that are allowed; {remedy}");
        }
    }

    private Exception Interrupted(DataViewRow row, string name) =>
        _faults.AtRow(row, $"the rows of '{name}' do not follow one another; sort the table by it, or leave KeysAreContiguous false", Options.KeyColumnName!);

    private DataViewRowCursor OpenCursor(out Func<string> key, out LongFormRow row)
    {
        DataViewRowCursor cursor = _source.GetRowCursor(
            _values.Concat(_controls).Concat(_statics).Concat(new[] { _key, _order }.OfType<DataViewSchema.Column>()));
        Action<List<float>>[] Numbers(DataViewSchema.Column[] columns) => columns.Select(column => LongFormCells.Numbers(cursor, column)).ToArray();
        key = _key is { } named ? LongFormCells.Text(cursor, named) : () => Options.SequenceName;
        row = new LongFormRow(
            Numbers(_values), Numbers(_controls), Numbers(_statics), _order is { } by ? LongFormCells.Order(cursor, by, _faults) : null);
        return cursor;
    }
}
