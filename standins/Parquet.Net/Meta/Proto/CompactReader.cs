namespace Parquet.Meta.Proto;

/// <summary>Wire types of the Thrift compact protocol.</summary>
internal enum CompactType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>Metadata that ends before its structure does: more bytes are needed, or the file is truncated.</summary>
internal sealed class TruncatedMetadataException() : ThriftProtocolException("the metadata ends in the middle of a structure");

/// <summary>
/// Reads Thrift's compact protocol from memory. Every length is held against the bytes that are left, so that a forged one
/// cannot make it allocate, and nesting is bounded.
/// </summary>
internal ref struct CompactReader(ReadOnlySpan<byte> data)
{
    private const int MaxDepth = 48;
    private readonly ReadOnlySpan<byte> _data = data;
    private short _fieldId;
    private int _depth;

    public int Position { get; private set; }

    /// <summary>Enters a structure; the result goes to <see cref="LeaveStruct"/>.</summary>
    public short EnterStruct()
    {
        if (++_depth > MaxDepth)
        {
            throw new ThriftProtocolException("metadata structures are nested too deeply");
        }

        short outer = _fieldId;
        _fieldId = 0;
        return outer;
    }

    public void LeaveStruct(short outer)
    {
        _fieldId = outer;
        _depth--;
    }

    /// <summary>The next field of the current structure; false at its end.</summary>
    public bool NextField(out short id, out CompactType type)
    {
        byte header = ReadByte();
        type = (CompactType)(header & 0x0F);
        if (header == 0)
        {
            id = 0;
            return false;
        }

        int delta = header >> 4;
        _fieldId = delta == 0 ? (short)ReadZigZag() : (short)(_fieldId + delta);
        id = _fieldId;
        return true;
    }

    /// <summary>Starts a list whose elements take at least a byte each.</summary>
    public int ReadListHeader(CompactType expected)
    {
        (int size, CompactType type) = ReadListHeader();
        if (size > 0 && type != expected)
        {
            throw new ThriftProtocolException($"a metadata list holds {type} where {expected} was expected");
        }

        return size;
    }

    public byte ReadByte()
    {
        if (Position >= _data.Length)
        {
            throw new TruncatedMetadataException();
        }

        return _data[Position++];
    }

    public int ReadInt32() => unchecked((int)ReadZigZag());

    public long ReadInt64() => ReadZigZag();

    public byte[] ReadBinary() => TakeBinary().ToArray();

    public string ReadString() => System.Text.Encoding.UTF8.GetString(TakeBinary());

    public void Skip(CompactType type)
    {
        if (++_depth > MaxDepth)
        {
            throw new ThriftProtocolException("metadata structures are nested too deeply");
        }

        switch (type)
        {
            case CompactType.True or CompactType.False:
                break;
            case CompactType.Byte:
                ReadByte();
                break;
            case CompactType.I16 or CompactType.I32 or CompactType.I64:
                ReadVarint();
                break;
            case CompactType.Double:
                Take(8);
                break;
            case CompactType.Binary:
                TakeBinary();
                break;
            case CompactType.List or CompactType.Set:
                SkipList();
                break;
            case CompactType.Map:
                SkipMap();
                break;
            case CompactType.Struct:
                SkipStruct();
                break;
            default:
                throw new ThriftProtocolException($"unknown metadata type {(int)type}");
        }

        _depth--;
    }

    private (int Size, CompactType Type) ReadListHeader()
    {
        byte header = ReadByte();
        ulong size = (uint)(header >> 4);
        if (size == 15)
        {
            size = ReadVarint();
        }

        if (size > (ulong)(_data.Length - Position))
        {
            throw new TruncatedMetadataException();
        }

        return ((int)size, (CompactType)(header & 0x0F));
    }

    // A boolean in a list or a map takes a byte of its own; as a field it is the field's type.
    private void SkipElement(CompactType type)
    {
        if (type is CompactType.True or CompactType.False)
        {
            ReadByte();
        }
        else
        {
            Skip(type);
        }
    }

    private void SkipList()
    {
        (int size, CompactType type) = ReadListHeader();
        for (int i = 0; i < size; i++)
        {
            SkipElement(type);
        }
    }

    private void SkipMap()
    {
        ulong size = ReadVarint();
        if (size == 0)
        {
            return;
        }

        byte types = ReadByte();
        for (ulong i = 0; i < size; i++)
        {
            SkipElement((CompactType)(types >> 4));
            SkipElement((CompactType)(types & 0x0F));
        }
    }

    private void SkipStruct()
    {
        short outer = EnterStruct();
        while (NextField(out _, out CompactType type))
        {
            Skip(type);
        }

        LeaveStruct(outer);
    }

    private ReadOnlySpan<byte> TakeBinary()
    {
        ulong length = ReadVarint();
        return length > (ulong)(_data.Length - Position) ? throw new TruncatedMetadataException() : Take((int)length);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _data.Length - Position)
        {
            throw new TruncatedMetadataException();
        }

        ReadOnlySpan<byte> taken = _data.Slice(Position, length);
        Position += length;
        return taken;
    }

    private long ReadZigZag()
    {
        ulong raw = ReadVarint();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte b = ReadByte();
            value |= (ulong)(b & 0x7F) << Math.Min(shift, 63);
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new ThriftProtocolException("a metadata number has more than ten bytes");
    }
}
