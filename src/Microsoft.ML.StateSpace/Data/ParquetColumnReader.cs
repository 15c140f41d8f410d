using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Where a cursor stands.</summary>
internal interface IParquetPlace
{
    /// <summary>The row group, or null before the first row and after the last.</summary>
    ParquetGroup? Group { get; }

    /// <summary>The row within the group.</summary>
    int Row { get; }
}

/// <summary>Values of a column at a cursor's place; a row group of it is read when it is first asked for.</summary>
internal abstract class ParquetColumnReader
{
    /// <summary>The getter, a <see cref="ValueGetter{TValue}"/> of the column's type.</summary>
    public abstract Delegate Getter { get; }
}

/// <inheritdoc/>
internal sealed class ParquetColumnReader<T> : ParquetColumnReader where T : struct
{
    private readonly ParquetColumn<T> _column;
    private readonly IParquetPlace _place;
    private readonly int _index;

    public ParquetColumnReader(ParquetColumn<T> column, IParquetPlace place, int index)
    {
        (_column, _place, _index) = (column, place, index);
        Getter = column.ListLevels.Length == 0 ? new ValueGetter<T>(GetValue) : new ValueGetter<VBuffer<T>>(GetList);
    }

    public override Delegate Getter { get; }

    private void GetValue(ref T value) => value = Loaded().Values[_place.Row];

    private void GetList(ref VBuffer<T> value)
    {
        Chunk chunk = Loaded();
        int from = _place.Row == 0 ? 0 : chunk.Ends[_place.Row - 1];
        int length = chunk.Ends[_place.Row] - from;
        VBufferEditor<T> editor = VBufferEditor.Create(ref value, length);
        chunk.Values.AsSpan(from, length).CopyTo(editor.Values);
        value = editor.Commit();
    }

    private Chunk Loaded()
    {
        ParquetGroup group = _place.Group ?? throw new InvalidOperationException("The cursor stands on no row: call MoveNext, and read while it returns true.");
        return (Chunk)(group.Column(_index) ??= Load(group));
    }

    private Chunk Load(ParquetGroup group)
    {
        ParquetFile file = group.File;
        using ParquetLevels<T> levels = file.Read<T>(group, file.Find(_column));
        var assembler = new ParquetAssembler<T>(_column, group, levels);
        (T[] values, int[] ends) = _column.ListLevels.Length == 0 ? (assembler.Flat(), []) : assembler.Lists();
        return new Chunk(values, ends);
    }

    /// <summary>A group's values end to end, and where the list of each row ends.</summary>
    private sealed record Chunk(T[] Values, int[] Ends);
}
