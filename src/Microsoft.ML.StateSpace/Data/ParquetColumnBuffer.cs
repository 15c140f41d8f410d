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

    /// <summary>Empties the buffer and gives its memory back.</summary>
    public abstract void Release();
}

/// <summary>A value per row.</summary>
internal sealed class ParquetValueBuffer<T>(string name) : ParquetColumnBuffer(name, new DataField(name, typeof(T), isNullable: false)) where T : struct
{
    private readonly PooledList<T> _values = new();

    public override int ValueCount => _values.Count;

    public override int RowCount => _values.Count;

    public void Append(T value) => _values.Add(1)[0] = value;

    public override async Task<uint> FlushAsync(ParquetRowGroupWriter group, CancellationToken cancellation)
    {
        await group.WriteAsync((DataField)Field, _values.Items, cancellationToken: cancellation).ConfigureAwait(false);
        uint checksum = ParquetChecksum.Of<T>(_values.Items.Span, default, default);
        _values.Clear();
        return checksum;
    }

    public override void Release() => _values.Release();
}

/// <summary>A list per row, which may be empty.</summary>
internal sealed class ParquetListBuffer<T>(string name)
    : ParquetColumnBuffer(name, new ListField(name, new DataField(ListField.ElementName, typeof(T), isNullable: false))) where T : struct
{
    // Levels of a standard list that may be null, of elements that may not.
    private const int EmptyLevel = 1;
    private const int ElementLevel = 2;
    private readonly PooledList<T> _values = new();
    private readonly PooledList<int> _definition = new();
    private readonly PooledList<int> _repetition = new();

    public override int ValueCount => _definition.Count;

    public override int RowCount => _rows;

    private int _rows;

    public void Append(ReadOnlySpan<T> list)
    {
        _rows++;
        int count = Math.Max(1, list.Length);
        _definition.Add(count).Fill(list.Length == 0 ? EmptyLevel : ElementLevel);
        Span<int> repetition = _repetition.Add(count);
        repetition.Fill(1);
        repetition[0] = 0;
        list.CopyTo(_values.Add(list.Length));
    }

    public override async Task<uint> FlushAsync(ParquetRowGroupWriter group, CancellationToken cancellation)
    {
        var field = (DataField)((ListField)Field).Item;
        await group.WriteAllPartsAsync(field, _values.Items, _definition.Items, _repetition.Items, cancellation).ConfigureAwait(false);
        uint checksum = ParquetChecksum.Of(_values.Items.Span, _definition.Items.Span, _repetition.Items.Span);
        _values.Clear();
        _definition.Clear();
        _repetition.Clear();
        _rows = 0;
        return checksum;
    }

    public override void Release()
    {
        _values.Release();
        _definition.Release();
        _repetition.Release();
        _rows = 0;
    }
}
