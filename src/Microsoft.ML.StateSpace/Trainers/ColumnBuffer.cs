using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>One input column's values for the rows of a batch, so that they can be given out after the input has moved on.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Makes the buffer that suits the column's type, reading from the row that <paramref name="input"/> stands on.</summary>
    public static ColumnBuffer Create(DataViewRow input, DataViewSchema.Column column, int rows)
    {
        var raw = column.Type.RawType;
        bool isVector = raw.IsGenericType && raw.GetGenericTypeDefinition() == typeof(VBuffer<>);
        var type = isVector ? typeof(VectorColumnBuffer<>).MakeGenericType(raw.GetGenericArguments()[0]) : typeof(ValueColumnBuffer<>).MakeGenericType(raw);
        const BindingFlags Construct = BindingFlags.Instance | BindingFlags.Public | BindingFlags.DoNotWrapExceptions;
        return (ColumnBuffer)Activator.CreateInstance(type, Construct, null, [input, column, rows], null)!;
    }

    /// <summary>Keeps the input's present value as that of a row of the batch.</summary>
    public abstract void Keep(int row);

    /// <summary>A <see cref="ValueGetter{TValue}"/> of the column's type over the row that <paramref name="current"/> names.</summary>
    public abstract Delegate CreateGetter(Func<int> current);
}

/// <summary>Numbers, text and whatever else is passed on as it is.</summary>
internal sealed class ValueColumnBuffer<T>(DataViewRow input, DataViewSchema.Column column, int rows) : ColumnBuffer
{
    private readonly ValueGetter<T> _getter = input.GetGetter<T>(column);
    private readonly T[] _values = new T[rows];

    public override void Keep(int row)
    {
        // A fresh value each time: the one kept before may be in a consumer's hands.
        var value = default(T)!;
        _getter(ref value);
        _values[row] = value;
    }

    public override Delegate CreateGetter(Func<int> current) => (ValueGetter<T>)((ref T value) => value = _values[current()]);
}

/// <summary>Vectors: a buffer per row, reused from batch to batch, and copied to the consumer.</summary>
internal sealed class VectorColumnBuffer<T>(DataViewRow input, DataViewSchema.Column column, int rows) : ColumnBuffer
{
    private readonly ValueGetter<VBuffer<T>> _getter = input.GetGetter<VBuffer<T>>(column);
    private readonly VBuffer<T>[] _values = new VBuffer<T>[rows];

    public override void Keep(int row) => _getter(ref _values[row]);

    public override Delegate CreateGetter(Func<int> current) =>
        (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[current()].CopyTo(ref value));
}
