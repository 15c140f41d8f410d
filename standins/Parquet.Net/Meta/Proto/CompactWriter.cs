namespace Parquet.Meta.Proto;

/// <summary>Writes Thrift's compact protocol into memory. Fields go in rising order of their numbers.</summary>
internal sealed class CompactWriter
{
    private readonly MemoryStream _out = new();
    private readonly Stack<short> _outer = new();
    private short _fieldId;

    public ReadOnlyMemory<byte> Written => _out.GetBuffer().AsMemory(0, (int)_out.Length);

    public void BeginStruct()
    {
        _outer.Push(_fieldId);
        _fieldId = 0;
    }

    public void EndStruct()
    {
        _out.WriteByte((byte)CompactType.Stop);
        _fieldId = _outer.Pop();
    }

    public void Bool(short id, bool value) => Field(id, value ? CompactType.True : CompactType.False);

    public void Byte(short id, sbyte value)
    {
        Field(id, CompactType.Byte);
        _out.WriteByte((byte)value);
    }

    public void Int32(short id, int? value)
    {
        if (value is { } number)
        {
            Field(id, CompactType.I32);
            ZigZag(number);
        }
    }

    public void Int64(short id, long? value)
    {
        if (value is { } number)
        {
            Field(id, CompactType.I64);
            ZigZag(number);
        }
    }

    public void Text(short id, string? value)
    {
        if (value is not null)
        {
            Field(id, CompactType.Binary);
            TextElement(value);
        }
    }

    public void Struct(short id, Action<CompactWriter> body)
    {
        Field(id, CompactType.Struct);
        StructElement(body);
    }

    public void List<T>(short id, IReadOnlyCollection<T>? items, CompactType type, Action<T> write)
    {
        if (items is null)
        {
            return;
        }

        Field(id, CompactType.List);
        if (items.Count < 15)
        {
            _out.WriteByte((byte)((items.Count << 4) | (int)type));
        }
        else
        {
            _out.WriteByte((byte)(0xF0 | (int)type));
            Varint((ulong)items.Count);
        }

        foreach (T item in items)
        {
            write(item);
        }
    }

    public void StructElement(Action<CompactWriter> body)
    {
        BeginStruct();
        body(this);
        EndStruct();
    }

    public void TextElement(string value)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(value);
        Varint((ulong)bytes.Length);
        _out.Write(bytes);
    }

    public void Int32Element(int value) => ZigZag(value);

    private void Field(short id, CompactType type)
    {
        int delta = id - _fieldId;
        if (delta is > 0 and <= 15)
        {
            _out.WriteByte((byte)((delta << 4) | (int)type));
        }
        else
        {
            _out.WriteByte((byte)type);
            ZigZag(id);
        }

        _fieldId = id;
    }

    private void ZigZag(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    private void Varint(ulong value)
    {
        while (value > 0x7F)
        {
            _out.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        _out.WriteByte((byte)value);
    }
}
