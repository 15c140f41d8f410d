using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>A sequence, its row in the whole view, and the batch that it is dealt in.</summary>
internal readonly record struct LongFormPlace(LongSequence Sequence, long Row, long Batch);

/// <summary>A column of the sequences.</summary>
internal abstract class LongFormPart(string name, DataViewType type)
{
    public string Name { get; } = name;

    public DataViewType Type { get; } = type;

    /// <summary>A getter of the column's type over the sequence that a cursor stands on.</summary>
    public abstract Delegate Getter(Func<LongSequence> current);
}

/// <summary>The sequences' names.</summary>
internal sealed class LongFormName(string name) : LongFormPart(name, TextDataViewType.Instance)
{
    public override Delegate Getter(Func<LongSequence> current) =>
        new ValueGetter<ReadOnlyMemory<char>>((ref ReadOnlyMemory<char> to) => to = current().Name.AsMemory());
}

/// <summary>A vector of numbers.</summary>
internal sealed class LongFormPart<T>(string name, VectorDataViewType type, Func<LongSequence, T[]> values) : LongFormPart(name, type)
{
    public override Delegate Getter(Func<LongSequence> current) => new ValueGetter<VBuffer<T>>((ref VBuffer<T> to) =>
    {
        T[] from = values(current());
        VBufferEditor<T> editor = VBufferEditor.Create(ref to, from.Length);
        from.CopyTo(editor.Values);
        to = editor.Commit();
    });
}

/// <summary>Moves through sequences.</summary>
internal sealed class LongFormCursor(DataViewSchema schema, List<LongFormPart> parts, bool[] active, IEnumerator<LongFormPlace> places) : DataViewRowCursor
{
    private long _position = -1;
    private bool _ended;

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _position < 0 ? 0 : places.Current.Batch;

    /// <inheritdoc/>
    public override DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _ended = _ended || !places.MoveNext();
        _position = _ended ? -1 : _position + 1;
        return !_ended;
    }

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!active[column.Index])
        {
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made.");
        }

        return parts[column.Index].Getter(() => Current().Sequence) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");
    }

    /// <summary>The id of a row is its place in the view, whatever the order of the cursor.</summary>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Current().Row, 0);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended)
        {
            _ended = true;
            _position = -1;
        }

        places.Dispose();
        base.Dispose(disposing);
    }

    private LongFormPlace Current() =>
        _position >= 0 ? places.Current : throw new InvalidOperationException("The cursor stands on no row: call MoveNext, and read while it returns true.");
}
