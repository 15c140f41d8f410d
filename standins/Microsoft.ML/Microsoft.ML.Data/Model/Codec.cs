using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Column types and values as ML.NET's binary data views hold them.</summary>
internal static class Codec
{
    private const string Text = "TextSpan", Vector = "VBuffer", Key = "Key2";

    private static readonly Dictionary<string, PrimitiveDataViewType> Named = new PrimitiveDataViewType[]
    {
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16,
        NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double, BooleanDataViewType.Instance, TimeSpanDataViewType.Instance,
        DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance, RowIdDataViewType.Instance,
    }.ToDictionary(type => type.RawType.Name);

    /// <summary>Whether single values of the type can be written: dates, and vectors of Booleans, are left out.</summary>
    public static bool CanStore(DataViewType type) => type.GetItemType() is TextDataViewType or NumberDataViewType or KeyDataViewType or TimeSpanDataViewType
        || type is BooleanDataViewType;

    public static void WriteType(BinaryWriter writer, DataViewType type)
    {
        using var bytes = new MemoryStream();
        using (var parameters = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
            WriteParameters(parameters, type);
        writer.Write(type switch
        {
            VectorDataViewType => Vector,
            KeyDataViewType => Key,
            TextDataViewType => Text,
            _ => type.RawType.Name,
        });
        writer.Write7BitEncodedInt64(bytes.Length);
        writer.Write(bytes.ToArray());
    }

    public static DataViewType ReadType(BinaryReader reader)
    {
        string name = reader.ReadString();
        reader.Read7BitEncodedInt64();
        switch (name)
        {
            case Text:
                return TextDataViewType.Instance;
            case Key:
                return new KeyDataViewType(ReadType(reader).RawType, reader.ReadUInt64());
            case Vector:
                var item = ReadType(reader) as PrimitiveDataViewType;
                Contracts.CheckDecode(item is not null, "Vector of vectors");
                int rank = reader.ReadInt32();
                Contracts.CheckDecode(rank is >= 0 and < 64, "Vector of wrong rank");
                var dimensions = Enumerable.Range(0, rank).Select(_ => reader.ReadInt32()).ToArray();
                Contracts.CheckDecode(dimensions.All(d => d >= 0), "Negative dimension");
                return rank == 0 ? new VectorDataViewType(item) : new VectorDataViewType(item, dimensions);
            default:
                return Named.GetValueOrDefault(name) ?? throw Contracts.ExceptDecode("Unknown column type '{0}'", name);
        }
    }

    public static object WriteValue<T>(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column column)
    {
        T value = default;
        annotations.GetGetter<T>(column)(ref value);
        if (column.Type is VectorDataViewType vector)
            return Getters.ForType<object>(WriteVector<int>, vector.ItemType.RawType, writer, value, vector);
        WriteItems<T>(writer, [value]);
        return null;
    }

    public static Delegate ReadValue<T>(BinaryReader reader, DataViewType type)
    {
        if (type is VectorDataViewType vector)
            return Getters.ForType<Delegate>(ReadVector<int>, vector.ItemType.RawType, reader, vector);
        var value = ReadItems<T>(reader, 1)[0];
        return (ValueGetter<T>)((ref T target) => target = value);
    }

    private static void WriteParameters(BinaryWriter writer, DataViewType type)
    {
        if (type is KeyDataViewType key)
        {
            WriteType(writer, ColumnTypeExtensions.PrimitiveTypeFromType(key.RawType));
            writer.Write(key.Count);
        }
        else if (type is VectorDataViewType vector)
        {
            WriteType(writer, vector.ItemType);
            writer.Write(vector.Dimensions.Length);
            foreach (int d in vector.Dimensions)
                writer.Write(d);
        }
    }

    // One vector: its number, its length, its count of values or -1 where dense, its indices, its values.
    private static object WriteVector<T>(BinaryWriter writer, VBuffer<T> value, VectorDataViewType type)
    {
        writer.Write(1);
        writer.Write(value.Length);
        if (value.Length == 0)
            writer.Write(0);
        writer.Write(value.IsDense ? -1 : value.GetValues().Length);
        writer.Write(value.GetIndices().Length);
        foreach (int index in value.GetIndices())
            writer.Write(index);
        WriteItems(writer, value.GetValues().ToArray());
        return null;
    }

    private static Delegate ReadVector<T>(BinaryReader reader, VectorDataViewType type)
    {
        Contracts.CheckDecode(reader.ReadInt32() == 1, "Not one vector");
        int length = reader.ReadInt32();
        Contracts.CheckDecode(length >= 0 && (type.Size == 0 || type.Size == length), "Vector of wrong length");
        if (length == 0)
            length = reader.ReadInt32();
        int count = reader.ReadInt32();
        var indices = new int[reader.ReadInt32()];
        Contracts.CheckDecode(count >= -1 && count < Math.Max(length, 1) && indices.Length == Math.Max(count, 0), "Vector of wrong count");
        for (int i = 0; i < indices.Length; i++)
            indices[i] = reader.ReadInt32();
        var values = ReadItems<T>(reader, count < 0 ? length : count);
        var buffer = count < 0 ? new VBuffer<T>(length, values) : new VBuffer<T>(length, count, values, indices);
        return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> target) => buffer.CopyTo(ref target));
    }

    // Text: the ends of the entries, and all characters as one string. Everything else: packed bytes.
    private static void WriteItems<T>(BinaryWriter writer, T[] items)
    {
        if (items is ReadOnlyMemory<char>[] texts)
        {
            writer.Write(texts.Length);
            int end = 0;
            foreach (var text in texts)
                writer.Write(end += text.Length);
            writer.Write(string.Concat(texts.Select(t => t.ToString())));
            return;
        }
        writer.Write(Bytes(items));
    }

    private static T[] ReadItems<T>(BinaryReader reader, int count)
    {
        var items = new T[count];
        if (items is ReadOnlyMemory<char>[] texts)
        {
            Contracts.CheckDecode(reader.ReadInt32() == count, "Wrong number of texts");
            var ends = texts.Select(_ => reader.ReadInt32() & int.MaxValue).ToArray();
            var all = reader.ReadString().AsMemory();
            for (int i = 0, start = 0; i < count; start = ends[i++])
            {
                Contracts.CheckDecode(start <= ends[i] && ends[i] <= all.Length, "Text out of range");
                texts[i] = all[start..ends[i]];
            }
            return items;
        }
        reader.BaseStream.ReadExactly(Bytes(items));
        return items;
    }

    private static Span<byte> Bytes<T>(T[] items) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(items)), items.Length * Unsafe.SizeOf<T>());
}
