using System.Runtime.InteropServices;
using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>A column of the row group that is being filled.</summary>
internal abstract class ParquetColumnBuffer(string name, Field field)
{
    public string Name { get; } = name;

    public Field Field { get; } = field;

    /// <summary>Values since the last row group.</summary>
    public abstract int ValueCount { get; }

    /// <summary>Rows since the last row group.</summary>
    public abstract int RowCount { get; }

    /// <summary>Writes the column, empties the buffer and returns the checksum of what was written.</summary>
    public abstract Task<uint> FlushAsync(ParquetRowGroupWriter group, CancellationToken cancellation);
}

/// <summary>A value per row.</summary>
internal sealed class ParquetValueBuffer<T>(string name) : ParquetColumnBuffer(name, new DataField(name, typeof(T), isNullable: false)) where T : struct
{
    private readonly List<T> _values = [];

    public override int ValueCount => _values.Count;

    public override int RowCount => _values.Count;

    public void Append(T value) => _values.Add(value);

    public override async Task<uint> FlushAsync(ParquetRowGroupWriter group, CancellationToken cancellation)
    {
        T[] values = [.. _values];
        _values.Clear();
        await group.WriteAsync<T>((DataField)Field, new ReadOnlyMemory<T>(values), cancellationToken: cancellation).ConfigureAwait(false);
        return ParquetChecksum.Of<T>(values, default, default);
    }
}

/// <summary>A list per row, which may be empty.</summary>
internal sealed class ParquetListBuffer<T>(string name)
    : ParquetColumnBuffer(name, new ListField(name, new DataField(ListField.ElementName, typeof(T), isNullable: false))) where T : struct
{
    // Levels of a standard list that may be null, of elements that may not.
    private const int EmptyLevel = 1;
    private const int ElementLevel = 2;
    private readonly List<T> _values = [];
    private readonly List<int> _definition = [];
    private readonly List<int> _repetition = [];

    public override int ValueCount => _definition.Count;

    public override int RowCount => _rows;

    private int _rows;

    public void Append(ReadOnlySpan<T> list)
    {
        _rows++;
        int count = Math.Max(1, list.Length);
        int start = _definition.Count;
        CollectionsMarshal.SetCount(_definition, start + count);
        CollectionsMarshal.AsSpan(_definition)[start..].Fill(list.Length == 0 ? EmptyLevel : ElementLevel);
        CollectionsMarshal.SetCount(_repetition, start + count);
        Span<int> repetition = CollectionsMarshal.AsSpan(_repetition)[start..];
        repetition.Fill(1);
        repetition[0] = 0;
        _values.AddRange(list);
    }

    public override async Task<uint> FlushAsync(ParquetRowGroupWriter group, CancellationToken cancellation)
    {
        T[] values = [.. _values];
        int[] definition = [.. _definition];
        int[] repetition = [.. _repetition];
        _values.Clear();
        _definition.Clear();
        _repetition.Clear();
        _rows = 0;
        var field = (DataField)((ListField)Field).Item;
        await group.WriteAllPartsAsync<T>(
            field, values, new ReadOnlyMemory<int>(definition), new ReadOnlyMemory<int>(repetition), cancellation).ConfigureAwait(false);
        return ParquetChecksum.Of<T>(values, definition, repetition);
    }
}
