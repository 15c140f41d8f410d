using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A column of a text file: the fields from one number to another.</summary>
internal abstract class TextField(string name, DataViewType type)
{
    public string Name => name;

    public DataViewType Type => type;

    public static TextField Of(IHost host, TextLoader.Column column)
    {
        host.CheckUserArg(column.Source is { Length: 1 } && column.Source[0].Max is not null, nameof(column.Source), "One range with an end is supported");
        Contracts.CheckNonWhiteSpace(column.Name, nameof(column.Name));
        var range = column.Source[0];
        var item = ColumnTypeExtensions.PrimitiveTypeFromType(TypeOf(column.DataKind));
        int size = range.Max.Value - range.Min + 1;
        bool isVector = size > 1 || range.ForceVector;
        return Getters.ForType<TextField>(Make<int>, item.RawType, column.Name.Trim(), item, range.Min, isVector ? size : 0);
    }

    /// <summary>A reader of the column, which keeps the values of one line.</summary>
    public abstract TextPipe CreatePipe(TextNumbers numbers);

    private static TextField Make<T>(string name, PrimitiveDataViewType item, int first, int size) => new TextField<T>(name, item, first, size);

    private static Type TypeOf(DataKind kind) => kind switch
    {
        DataKind.SByte => typeof(sbyte),
        DataKind.Byte => typeof(byte),
        DataKind.Int16 => typeof(short),
        DataKind.UInt16 => typeof(ushort),
        DataKind.Int32 => typeof(int),
        DataKind.UInt32 => typeof(uint),
        DataKind.Int64 => typeof(long),
        DataKind.UInt64 => typeof(ulong),
        DataKind.Single => typeof(float),
        DataKind.Double => typeof(double),
        DataKind.String => typeof(string),
        DataKind.Boolean => typeof(bool),
        DataKind.TimeSpan => typeof(TimeSpan),
        DataKind.DateTime => typeof(DateTime),
        DataKind.DateTimeOffset => typeof(DateTimeOffset),
        _ => throw Contracts.ExceptUserArg(nameof(kind), "Bad item type"),
    };
}

/// <summary>Values of a column at the present line.</summary>
internal abstract class TextPipe
{
    public abstract Delegate Getter { get; }

    /// <summary>Takes a line; a real that cannot be understood becomes NaN and is told of, any other such value is an error.</summary>
    public abstract void Read(List<ReadOnlyMemory<char>> fields, long line, IChannel channel);
}

/// <inheritdoc/>
internal sealed class TextField<T>(string name, PrimitiveDataViewType item, int first, int size)
    : TextField(name, size == 0 ? item : new VectorDataViewType(item, size))
{
    public override TextPipe CreatePipe(TextNumbers numbers) => new Pipe(this, numbers, first, Math.Max(1, size));

    private sealed class Pipe : TextPipe
    {
        private readonly TextField<T> _field;
        private readonly TextNumbers _numbers;
        private readonly int _first;
        private readonly T[] _values;

        public Pipe(TextField<T> field, TextNumbers numbers, int first, int count)
        {
            (_field, _numbers, _first, _values) = (field, numbers, first, new T[count]);
            Getter = field.Type is VectorDataViewType ? new ValueGetter<VBuffer<T>>(GetVector) : new ValueGetter<T>(GetValue);
        }

        public override Delegate Getter { get; }

        public override void Read(List<ReadOnlyMemory<char>> fields, long line, IChannel channel)
        {
            for (int i = 0; i < _values.Length; i++)
            {
                var text = _first + i < fields.Count ? fields[_first + i] : default;
                if (_numbers.TryParse(text, out _values[i]))
                    continue;
                if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
                    throw Contracts.Except($"Could not parse value {text} in line {line}, column {_field.Name}");
                channel.Info(MessageSensitivity.Schema, "  Bad value at line {0} in column {1}", line, _field.Name);
            }
        }

        private void GetValue(ref T value) => value = _values[0];

        private void GetVector(ref VBuffer<T> value)
        {
            var editor = VBufferEditor.Create(ref value, _values.Length);
            _values.CopyTo(editor.Values);
            value = editor.Commit();
        }
    }
}
