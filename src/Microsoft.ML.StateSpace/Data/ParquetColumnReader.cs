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
    private ParquetGroup? _loaded;
    private T[] _values = [];
    private int[] _ends = [];

    public ParquetColumnReader(ParquetColumn<T> column, IParquetPlace place)
    {
        _column = column;
        _place = place;
        Getter = column.ListLevels.Length == 0 ? new ValueGetter<T>(GetValue) : new ValueGetter<VBuffer<T>>(GetList);
    }

    public override Delegate Getter { get; }

    private void GetValue(ref T value)
    {
        Load();
        value = _values[_place.Row];
    }

    private void GetList(ref VBuffer<T> value)
    {
        Load();
        int from = _place.Row == 0 ? 0 : _ends[_place.Row - 1];
        int length = _ends[_place.Row] - from;
        VBufferEditor<T> editor = VBufferEditor.Create(ref value, length);
        _values.AsSpan(from, length).CopyTo(editor.Values);
        value = editor.Commit();
    }

    private void Load()
    {
        ParquetGroup group = _place.Group ?? throw new InvalidOperationException("The cursor stands on no row: call MoveNext, and read while it returns true.");
        if (ReferenceEquals(group, _loaded))
        {
            return;
        }

        _loaded = null;
        _values = [];
        _ends = [];
        ParquetLevels<T> levels = group.File.Read<T>(group, group.File.Find(_column));
        var assembler = new ParquetAssembler<T>(_column, group, levels);
        (_values, _ends) = _column.ListLevels.Length == 0 ? (assembler.Flat(), []) : assembler.Lists();
        _loaded = group;
    }
}
