using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>The sequences of a table with a row per step: a text column, and a vector column per part.</summary>
internal sealed class LongFormDataView : IDataView
{
    // Rows of a batch, by which a set of cursors shares sequences that are in memory.
    private const int BatchSize = 64;
    private readonly LongForm _form;
    private readonly List<LongFormPart> _parts;
    private readonly List<LongSequence>? _sequences;

    /// <summary>Reads the table, unless its keys are contiguous and it can be read as rows are asked for.</summary>
    /// <exception cref="DataFileException">The files are damaged, or their steps do not form sequences.</exception>
    /// <exception cref="SequenceFormatException">The steps of a table from elsewhere do not form sequences.</exception>
    public LongFormDataView(LongForm form)
    {
        _form = form;
        _parts = PartsOf(form);
        Schema = SchemaOf(_parts);
        _sequences = form.Options.KeysAreContiguous ? null : [.. form.Read()];
    }

    /// <summary>The schema that sequences of a table have; nothing of it is read.</summary>
    public static DataViewSchema SchemaOf(LongForm form) => SchemaOf(PartsOf(form));

    /// <inheritdoc/>
    public bool CanShuffle => true;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => _sequences?.Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        GetRowCursorSet(columnsNeeded, 1, rand)[0];

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        var active = new bool[_parts.Count];
        foreach (DataViewSchema.Column column in columnsNeeded)
        {
            active[column.Index] = true;
        }

        if (_sequences is null)
        {
            return [new LongFormCursor(Schema, _parts, active, Streamed(rand).GetEnumerator())];
        }

        int[] order = Enumerable.Range(0, _sequences.Count).ToArray();
        rand?.Shuffle(order);
        int cursors = Math.Clamp((order.Length + BatchSize - 1) / BatchSize, 1, n);
        return Enumerable.Range(0, cursors)
            .Select(cursor => (DataViewRowCursor)new LongFormCursor(Schema, _parts, active, Dealt(order, cursor, cursors).GetEnumerator()))
            .ToArray();
    }

    private static List<LongFormPart> PartsOf(LongForm form)
    {
        SequenceGroupingOptions options = form.Options;
        int steps = options.WindowLength is { } length && !options.KeepPartialWindows ? length : 0;
        var parts = new List<LongFormPart> { new LongFormName(options.IdColumnName) };
        void Add<T>(string name, PrimitiveDataViewType type, Func<LongSequence, T[]> values, params int[] dimensions) =>
            parts.Add(new LongFormPart<T>(name, new VectorDataViewType(type, dimensions), values));

        Add(options.ObservationColumnName, NumberDataViewType.Single, sequence => sequence.Observations, steps, form.ValueSize);
        if (form.ControlSize > 0)
        {
            Add(options.ControlColumnName, NumberDataViewType.Single, sequence => sequence.Controls, steps, form.ControlSize);
        }

        if (options.TimesColumnName is { } times)
        {
            Add(times, NumberDataViewType.Double, sequence => sequence.Times, steps);
        }

        if (form.StaticSize > 0)
        {
            Add(options.StaticColumnName, NumberDataViewType.Single, sequence => sequence.Statics, form.StaticSize);
        }

        return parts;
    }

    private static DataViewSchema SchemaOf(List<LongFormPart> parts)
    {
        var builder = new DataViewSchema.Builder();
        parts.ForEach(part => builder.AddColumn(part.Name, part.Type));
        return builder.ToSchema();
    }

    private IEnumerable<LongFormPlace> Dealt(int[] order, int cursor, int cursors) => order
        .Select((row, i) => new LongFormPlace(_sequences![row], row, i / BatchSize))
        .Where(place => place.Batch % cursors == cursor);

    private IEnumerable<LongFormPlace> Streamed(Random? random)
    {
        IEnumerable<LongFormPlace> places = _form.Read().Select((sequence, row) => new LongFormPlace(sequence, row, 0));
        return random is null ? places : Drawn(places, random.Next(), _form.Options);
    }

    // A row gives its place in the buffer to the next one of the table.
    private static IEnumerable<LongFormPlace> Drawn(IEnumerable<LongFormPlace> places, int seed, SequenceGroupingOptions options)
    {
        var random = new Random(seed);
        var buffer = new List<LongFormPlace>();
        long bytes = 0;
        LongFormPlace Draw()
        {
            int at = random.Next(buffer.Count);
            LongFormPlace drawn = buffer[at];
            buffer[at] = buffer[^1];
            buffer.RemoveAt(buffer.Count - 1);
            bytes -= drawn.Sequence.Bytes;
            return drawn;
        }

        foreach (LongFormPlace place in places)
        {
            while (buffer.Count > 0 && (buffer.Count >= options.ShuffleBufferRows || bytes + place.Sequence.Bytes > options.MaxBufferedBytes))
            {
                yield return Draw();
            }

            buffer.Add(place);
            bytes += place.Sequence.Bytes;
        }

        while (buffer.Count > 0)
        {
            yield return Draw();
        }
    }
}
