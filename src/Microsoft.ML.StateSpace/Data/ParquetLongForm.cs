using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>The steps of one key, put together.</summary>
/// <param name="Key">The sequence's name.</param>
/// <param name="Observations">T·D numbers, step-major.</param>
/// <param name="Controls">T·U numbers, step-major.</param>
/// <param name="Times">T numbers.</param>
internal sealed record LongSequence(string Key, float[] Observations, float[] Controls, double[] Times);

/// <summary>A table with a row per step, and the sequences that its rows form.</summary>
internal sealed class ParquetLongForm
{
    private readonly ParquetDataView _source;
    private readonly string _file;
    private readonly DataViewSchema.Column _key;
    private readonly DataViewSchema.Column? _order;
    private readonly DataViewSchema.Column[] _values;
    private readonly DataViewSchema.Column[] _controls;

    private ParquetLongForm(
        ParquetDataView source, string file, ParquetLoadOptions options, DataViewSchema.Column key, DataViewSchema.Column? order,
        DataViewSchema.Column[] values, DataViewSchema.Column[] controls)
    {
        (_source, _file, Options) = (source, file, options);
        (_key, _order, _values, _controls) = (key, order, values, controls);
    }

    public ParquetLoadOptions Options { get; }

    /// <summary>Finds the columns.</summary>
    /// <exception cref="DataFileException">A column is missing or of the wrong type.</exception>
    public static ParquetLongForm From(ParquetDataView source, string file, ParquetLoadOptions options)
    {
        DataViewSchema schema = source.Schema;
        DataViewSchema.Column key = Find(schema, file, options.KeyColumnName!, LongFormCells.IsKey, "text or integers");
        DataViewSchema.Column? order = options.OrderColumnName is { } name
            ? Find(schema, file, name, LongFormCells.IsOrder, "numbers or times")
            : null;
        DataViewSchema.Column[] controls = (options.ControlValueColumnNames ?? [])
            .Select(control => Find(schema, file, control, LongFormCells.IsNumber, "numbers")).ToArray();
        var taken = new HashSet<string>(controls.Select(c => c.Name)) { key.Name, options.OrderColumnName ?? key.Name };
        DataViewSchema.Column[] values = options.ValueColumnNames is { } names
            ? names.Select(value => Find(schema, file, value, LongFormCells.IsNumber, "numbers")).ToArray()
            : schema.Where(c => !taken.Contains(c.Name) && (c.Type.RawType == typeof(float) || c.Type.RawType == typeof(double))).ToArray();
        return values.Length > 0
            ? new ParquetLongForm(source, file, options, key, order, values, controls)
            : throw new DataFileException(file, "no column is left to observe; name some in ValueColumnNames");
    }

    /// <summary>The sequences, in the order in which their keys first appear.</summary>
    /// <exception cref="DataFileException">The files are damaged, two steps have the same order, or a key is interrupted.</exception>
    public IEnumerable<LongSequence> Read() => Options.KeysAreContiguous ? ReadContiguous() : ReadAll();

    private static DataViewSchema.Column Find(DataViewSchema schema, string file, string name, Func<DataViewType, bool> fits, string expected)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name)
            ?? throw new DataFileException(
                file, $"there is no such column, or its type is not supported; there are {string.Join(", ", schema.Select(c => c.Name))}", column: name);
        return fits(column.Type)
            ? column
            : throw new DataFileException(file, $"it holds {column.Type}, {expected} were expected; choose another column", column: name);
    }

    private IEnumerable<LongSequence> ReadAll()
    {
        var sequences = new Dictionary<string, StepList>(StringComparer.Ordinal);
        var inOrder = new List<StepList>();
        using ParquetCursor cursor = OpenCursor(out Func<string> key, out Action<StepList> append);
        while (cursor.MoveNext())
        {
            string name = key();
            if (!sequences.TryGetValue(name, out StepList? steps))
            {
                sequences[name] = steps = new StepList(name);
                inOrder.Add(steps);
            }

            append(steps);
        }

        return inOrder.Select(steps => steps.ToSequence(_file, _values.Length, _controls.Length));
    }

    private IEnumerable<LongSequence> ReadContiguous()
    {
        var finished = new HashSet<string>(StringComparer.Ordinal);
        StepList? current = null;
        using ParquetCursor cursor = OpenCursor(out Func<string> key, out Action<StepList> append);
        while (cursor.MoveNext())
        {
            string name = key();
            if (current?.Key != name)
            {
                if (current is not null)
                {
                    yield return current.ToSequence(_file, _values.Length, _controls.Length);
                }

                current = finished.Add(name) ? new StepList(name) : throw Interrupted(cursor, name);
            }

            append(current);
        }

        if (current is not null)
        {
            yield return current.ToSequence(_file, _values.Length, _controls.Length);
        }
    }

    private DataFileException Interrupted(ParquetCursor cursor, string name) =>
        cursor.Fault($"the rows of '{name}' do not follow one another; sort the table by it, or leave KeysAreContiguous false", _key.Name);

    private ParquetCursor OpenCursor(out Func<string> key, out Action<StepList> append)
    {
        IEnumerable<DataViewSchema.Column> needed = _values.Concat(_controls).Append(_key);
        ParquetCursor cursor = _source.OpenCursor(_order is { } column ? needed.Append(column) : needed);
        key = LongFormCells.Text(cursor, _key);
        Func<float>[] values = _values.Select(value => LongFormCells.Single(cursor, value)).ToArray();
        Func<float>[] controls = _controls.Select(control => LongFormCells.Single(cursor, control)).ToArray();
        Func<(long Rank, double Time)>? order = _order is { } by ? LongFormCells.Order(cursor, by) : null;
        append = steps => steps.Append(values, controls, order?.Invoke());
        return cursor;
    }

    /// <summary>The steps of a sequence as they come.</summary>
    private sealed class StepList(string key)
    {
        private readonly List<float> _observations = [];
        private readonly List<float> _controls = [];
        private readonly List<long> _ranks = [];
        private readonly List<double> _times = [];

        public string Key { get; } = key;

        public void Append(Func<float>[] values, Func<float>[] controls, (long Rank, double Time)? order)
        {
            foreach (Func<float> value in values)
            {
                _observations.Add(value());
            }

            foreach (Func<float> control in controls)
            {
                _controls.Add(control());
            }

            if (order is { } place)
            {
                _ranks.Add(place.Rank);
                _times.Add(place.Time);
            }
        }

        public LongSequence ToSequence(string file, int valueSize, int controlSize)
        {
            int[] order = Enumerable.Range(0, _observations.Count / valueSize).ToArray();
            if (_ranks.Count > 0)
            {
                long[] ranks = [.. _ranks];
                Array.Sort(ranks, order);
                int twice = Enumerable.Range(1, Math.Max(0, ranks.Length - 1)).FirstOrDefault(i => ranks[i] == ranks[i - 1]);
                if (twice > 0)
                {
                    string time = _times[order[twice]].ToString(CultureInfo.InvariantCulture);
                    throw new DataFileException(file, $"sequence '{Key}' has two steps at {time} in its order column; remove one of them", step: twice);
                }
            }

            return new LongSequence(
                Key,
                Permute(_observations, order, valueSize),
                Permute(_controls, order, controlSize),
                Permute(_times, order, _ranks.Count > 0 ? 1 : 0));
        }

        private static T[] Permute<T>(List<T> values, int[] order, int size)
        {
            var permuted = new T[order.Length * size];
            for (int i = 0; i < permuted.Length; i++)
            {
                permuted[i] = values[order[i / size] * size + i % size];
            }

            return permuted;
        }
    }
}
