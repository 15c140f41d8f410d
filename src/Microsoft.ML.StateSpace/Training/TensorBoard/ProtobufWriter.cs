using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Writes a protocol buffer message, field by field.</summary>
internal sealed class ProtobufWriter
{
    private readonly List<byte> _bytes = [];

    private enum Wire
    {
        Varint = 0,
        Fixed64 = 1,
        Length = 2,
        Fixed32 = 5,
    }

    /// <summary>The message so far.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>A field of type int64, uint64, bool or enum.</summary>
    public ProtobufWriter Integer(int field, long value)
    {
        Key(field, Wire.Varint);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A field of type double.</summary>
    public ProtobufWriter Double(int field, double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        Key(field, Wire.Fixed64);
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A field of type float.</summary>
    public ProtobufWriter Float(int field, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Key(field, Wire.Fixed32);
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A field of type string.</summary>
    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A field that is a message.</summary>
    public ProtobufWriter Message(int field, ProtobufWriter message) => Bytes(field, message.ToArray());

    private ProtobufWriter Bytes(int field, byte[] value)
    {
        Key(field, Wire.Length);
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    private void Key(int field, Wire wire) => Varint(((ulong)field << 3) | (uint)wire);

    // Seven bits a byte, the lowest first; the highest bit says that more follow.
    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
