using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Sequence columns found in a schema, and how their rows are read.</summary>
internal sealed class SequenceBinding
{
    private readonly SequenceColumns _names;
    private readonly DataViewSchema.Column _observations;
    private readonly DataViewSchema.Column? _mask;
    private readonly DataViewSchema.Column? _id;
    private readonly DataViewSchema.Column? _controls;
    private readonly DataViewSchema.Column? _times;
    private readonly StaticColumn? _static;
    private readonly Func<float, string?>? _faultOf;
    private readonly int _ownControlSize;

    /// <summary>Finds the columns.</summary>
    /// <param name="schema">Where to look.</param>
    /// <param name="names">What to look for.</param>
    /// <param name="faultOf">What is wrong with an observed value, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public SequenceBinding(DataViewSchema schema, SequenceColumns names, Func<float, string?>? faultOf = null)
    {
        _names = names;
        _faultOf = faultOf;
        _observations = Find(schema, names.Observations, SequenceColumnTypes.IsObservations, SequenceColumnTypes.Observations);
        _mask = names.Mask is null ? null : Find(schema, names.Mask, SequenceColumnTypes.IsMask, SequenceColumnTypes.Mask);
        _id = names.SequenceId is null ? null : Find(schema, names.SequenceId, SequenceColumnTypes.IsId, SequenceColumnTypes.Id);
        _controls = names.Controls is null ? null : Find(schema, names.Controls, SequenceColumnTypes.IsObservations, SequenceColumnTypes.Observations);
        _times = names.Times is null ? null : Find(schema, names.Times, SequenceColumnTypes.IsObservations, SequenceColumnTypes.Observations);
        _static = StaticColumn.Of(schema, names);
        ObservationSize = SizeOf(_observations, names.ObservationSize, nameof(names.ObservationSize));
        _ownControlSize = _controls is null ? 0 : SizeOf(_controls.Value, names.ControlSize, nameof(names.ControlSize));
    }

    /// <summary>The column of observations.</summary>
    public DataViewSchema.Column Observations => _observations;

    /// <summary>D.</summary>
    public int ObservationSize { get; }

    /// <summary>U, static covariates included; 0 when there are no controls.</summary>
    public int ControlSize => _ownControlSize + (_static?.Size ?? 0);

    /// <summary>Whether the steps have times.</summary>
    public bool HasTimes => _times is not null;

    /// <summary>T of every row where the vector's type fixes it, else null.</summary>
    public int? FixedSteps => ((VectorDataViewType)_observations.Type) is { IsKnownSize: true } known ? known.Size / ObservationSize : null;

    /// <summary>The columns a cursor must have active.</summary>
    public IEnumerable<DataViewSchema.Column> Columns =>
        new DataViewSchema.Column?[] { _observations, _mask, _id, _controls, _times, _static?.Column }.OfType<DataViewSchema.Column>();

    /// <summary>Makes a reader of the cursor's present row.</summary>
    public Func<Sequence> CreateReader(DataViewRow row)
    {
        var values = NumberGetter(row, _observations);
        var inputs = InputsGetter(row);
        var mask = _mask is null ? null : MaskGetter(row, _mask.Value);
        var id = _id is null ? null : IdGetter(row, _id.Value);
        return () =>
        {
            string? name = id?.Invoke();
            string column = _names.Observations;
            try
            {
                float[] numbers = values();
                column = _names.Mask ?? column;
                bool[]? observed = mask is null ? null : ReadMask(mask, numbers.Length);
                var known = inputs(numbers.Length / ObservationSize, place => column = place);
                column = _names.Observations;
                var sequence = new Sequence(ObservationSize, numbers, observed, name, known);
                CheckValues(sequence);
                return sequence;
            }
            catch (SequenceFormatException e)
            {
                throw e.At($"row {row.Position}{(name is null ? "" : $" ('{name}')")}, column '{column}'");
            }
        };
    }

    /// <summary>Reads all sequences of a data view.</summary>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    public static List<Sequence> ReadAll(IDataView data, SequenceColumns names, Func<float, string?>? faultOf = null) =>
        [.. new SequenceBinding(data.Schema, names, faultOf).Read(data)];

    /// <summary>Reads a data view's sequences one after the other.</summary>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    public IEnumerable<Sequence> Read(IDataView data)
    {
        using var cursor = data.GetRowCursor(Columns);
        var read = CreateReader(cursor);
        while (cursor.MoveNext())
            yield return read();
    }

    // Reads static covariates, controls and times of some steps, saying which column is read.
    private Func<int, Action<string>, SequenceInputs> InputsGetter(DataViewRow row)
    {
        if (_controls is null && _times is null && _static is null)
            return (_, _) => SequenceInputs.None;
        var controls = _controls is null ? null : NumberGetter(row, _controls.Value);
        var times = _times is null ? null : DoubleGetter(row, _times.Value);
        var statics = _static?.CreateGetter(row);
        return (steps, reading) =>
        {
            reading(_names.Times ?? "");
            double[]? clock = times?.Invoke();
            if (clock is not null)
                Fitting(new SequenceInputs(0, default, clock), steps);
            reading(_names.Static ?? "");
            float[]? fixedValues = statics?.Invoke();
            if (fixedValues is not null)
                _ = new SequenceInputs(0, statics: fixedValues);
            reading(_names.Controls ?? _names.Times ?? _names.Static!);
            return Fitting(new SequenceInputs(_ownControlSize, controls?.Invoke(), clock, fixedValues), steps);
        };
    }

    private static SequenceInputs Fitting(SequenceInputs inputs, int steps) =>
        inputs.FaultFor(steps) is { } fault ? throw new SequenceFormatException(fault) : inputs;

    // An empty mask beside numbers is a mask of the wrong length here, where a column promises one.
    private bool[] ReadMask(Func<bool[]> mask, int numbers)
    {
        bool[] observed = mask();
        return numbers % ObservationSize == 0 && Sequence.FaultOfMask(observed.Length, numbers / ObservationSize, ObservationSize) is { } fault
            ? throw new SequenceFormatException(fault)
            : observed;
    }

    private void CheckValues(Sequence sequence)
    {
        for (int i = 0; _faultOf is not null && i < sequence.Length * ObservationSize; i++)
            if (_faultOf(sequence.Observations[i]) is { } fault && sequence.IsObserved(i / ObservationSize, i % ObservationSize))
                throw new SequenceFormatException(fault, i / ObservationSize, i % ObservationSize);
    }

    /// <summary>A column by its name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of the wrong type.</exception>
    internal static DataViewSchema.Column Find(DataViewSchema schema, string name, Func<bool, DataViewType, bool> fits, string wanted)
    {
        var column = schema.GetColumnOrNull(name)
            ?? throw new ArgumentOutOfRangeException(nameof(schema), $"The data has no column '{name}'; its columns are {string.Join(", ", schema.Select(c => c.Name))}.");
        var vector = column.Type as VectorDataViewType;
        return fits(vector is not null, vector?.ItemType ?? column.Type) ? column
            : throw new ArgumentOutOfRangeException(nameof(schema), $"Column '{name}' is {column.Type}; it must be {wanted}.");
    }

    private static int SizeOf(DataViewSchema.Column column, int? given, string option)
    {
        var type = (VectorDataViewType)column.Type;
        int? size = given ?? (type.Dimensions.Length > 1 ? type.Dimensions[^1] : null);
        if (size is null or < 1)
            throw new ArgumentOutOfRangeException(nameof(column),
                $"Column '{column.Name}' is {type}, which does not tell how many numbers a step has; set {option}.");
        if (type.IsKnownSize && type.Size % size != 0)
            throw new ArgumentOutOfRangeException(nameof(column),
                $"Column '{column.Name}' has {type.Size} numbers, which do not divide into steps of {size}; check {option}.");
        return size.Value;
    }

    private static Func<double[]> DoubleGetter(DataViewRow row, DataViewSchema.Column column) =>
        ((VectorDataViewType)column.Type).ItemType.Equals(NumberDataViewType.Single)
            ? VectorGetter<float, double>(row, column, (v, _) => v)
            : VectorGetter<double, double>(row, column, (v, _) => v);

    private static Func<float[]> NumberGetter(DataViewRow row, DataViewSchema.Column column) =>
        ((VectorDataViewType)column.Type).ItemType.Equals(NumberDataViewType.Single)
            ? VectorGetter<float, float>(row, column, (v, _) => v)
            : VectorGetter<double, float>(row, column, (v, _) => (float)v);

    private static Func<bool[]> MaskGetter(DataViewRow row, DataViewSchema.Column column)
    {
        var item = ((VectorDataViewType)column.Type).ItemType;
        return item is BooleanDataViewType ? VectorGetter<bool, bool>(row, column, (v, _) => v)
            : item.Equals(NumberDataViewType.Single) ? VectorGetter<float, bool>(row, column, (v, i) => IsSet(v, i))
            : item.Equals(NumberDataViewType.Double) ? VectorGetter<double, bool>(row, column, IsSet)
            : VectorGetter<int, bool>(row, column, (v, i) => IsSet(v, i));
    }

    private static bool IsSet(double mask, int place) => mask switch
    {
        0 => false,
        1 => true,
        _ => throw new SequenceFormatException($"value {place} of the mask (counted from 0) is {mask}; it must be 0 or 1"),
    };

    /// <summary>Reads the present row's vector, every value converted by itself and its place.</summary>
    internal static Func<TTo[]> VectorGetter<TFrom, TTo>(DataViewRow row, DataViewSchema.Column column, Func<TFrom, int, TTo> convert)
    {
        var getter = row.GetGetter<VBuffer<TFrom>>(column);
        var buffer = default(VBuffer<TFrom>);
        return () =>
        {
            getter(ref buffer);
            var result = new TTo[buffer.Length];
            int i = 0;
            foreach (var value in buffer.DenseValues())
                result[i] = convert(value, i++);
            return result;
        };
    }

    /// <summary>Reads the present row's id.</summary>
    internal static Func<string?> IdGetter(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
        {
            var text = row.GetGetter<ReadOnlyMemory<char>>(column);
            var value = default(ReadOnlyMemory<char>);
            return () => { text(ref value); return value.ToString(); };
        }
        if (column.Type.Equals(NumberDataViewType.Int32))
        {
            var number = row.GetGetter<int>(column);
            int value = 0;
            return () => { number(ref value); return value.ToString(System.Globalization.CultureInfo.InvariantCulture); };
        }
        var wide = row.GetGetter<long>(column);
        long wideValue = 0;
        return () => { wide(ref wideValue); return wideValue.ToString(System.Globalization.CultureInfo.InvariantCulture); };
    }
}
