using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>The sequences of a table with a row per step: a text column, and a vector column per part.</summary>
internal sealed class ParquetLongDataView : IDataView
{
    private readonly ParquetLongForm _form;
    private readonly List<Part> _parts;
    private readonly IReadOnlyList<LongSequence>? _sequences;

    /// <summary>Reads the table, unless its keys are contiguous and it can be read as rows are asked for.</summary>
    /// <exception cref="DataFileException">The files are damaged, or their steps do not form sequences.</exception>
    public ParquetLongDataView(ParquetLongForm form)
    {
        _form = form;
        ParquetLoadOptions options = form.Options;
        _parts =
        [
            new Part<ReadOnlyMemory<char>>(options.KeyColumnName!, TextDataViewType.Instance, sequence => sequence.Key.AsMemory()),
            new ListPart<float>(options.ObservationColumnName, NumberDataViewType.Single, sequence => sequence.Observations),
        ];
        if (options.ControlValueColumnNames is { Count: > 0 })
        {
            _parts.Add(new ListPart<float>(options.ControlColumnName, NumberDataViewType.Single, sequence => sequence.Controls));
        }

        if (options.TimesColumnName is { } times)
        {
            _parts.Add(new ListPart<double>(times, NumberDataViewType.Double, sequence => sequence.Times));
        }

        var builder = new DataViewSchema.Builder();
        _parts.ForEach(part => builder.AddColumn(part.Name, part.Type));
        Schema = builder.ToSchema();
        _sequences = options.KeysAreContiguous ? null : form.Read().ToList();
    }

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => _sequences?.Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = new bool[_parts.Count];
        foreach (DataViewSchema.Column column in columnsNeeded)
        {
            active[column.Index] = true;
        }

        return new Cursor(Schema, _parts, active, (_sequences ?? _form.Read()).GetEnumerator());
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    /// <summary>A column of the sequences.</summary>
    private abstract class Part(string name, DataViewType type)
    {
        public string Name { get; } = name;

        public DataViewType Type { get; } = type;

        public abstract Delegate Getter(Func<LongSequence> current);
    }

    private sealed class Part<T>(string name, DataViewType type, Func<LongSequence, T> value) : Part(name, type)
    {
        public override Delegate Getter(Func<LongSequence> current) => new ValueGetter<T>((ref T to) => to = value(current()));
    }

    private sealed class ListPart<T>(string name, PrimitiveDataViewType type, Func<LongSequence, T[]> values) : Part(name, new VectorDataViewType(type))
    {
        public override Delegate Getter(Func<LongSequence> current) => new ValueGetter<VBuffer<T>>((ref VBuffer<T> to) =>
        {
            T[] from = values(current());
            VBufferEditor<T> editor = VBufferEditor.Create(ref to, from.Length);
            from.CopyTo(editor.Values);
            to = editor.Commit();
        });
    }

    private sealed class Cursor(DataViewSchema schema, List<Part> parts, bool[] active, IEnumerator<LongSequence> sequences) : DataViewRowCursor
    {
        private long _position = -1;
        private bool _ended;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => schema;

        public override bool MoveNext()
        {
            _ended = _ended || !sequences.MoveNext();
            _position = _ended ? -1 : _position + 1;
            return !_ended;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!active[column.Index])
            {
                throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made.");
            }

            return parts[column.Index].Getter(Current) as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_ended)
            {
                _ended = true;
                _position = -1;
            }

            sequences.Dispose();
            base.Dispose(disposing);
        }

        private LongSequence Current() =>
            _position >= 0 ? sequences.Current : throw new InvalidOperationException("The cursor stands on no row: call MoveNext, and read while it returns true.");
    }
}
