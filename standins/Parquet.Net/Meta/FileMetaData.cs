using Parquet.Meta.Proto;

namespace Parquet.Meta;

/// <summary>The file's footer.</summary>
public class FileMetaData
{
    public int Version { get; set; }

    public List<SchemaElement> Schema { get; set; } = [];

    public long NumRows { get; set; }

    public List<RowGroup> RowGroups { get; set; } = [];

    public List<KeyValue>? KeyValueMetadata { get; set; }

    public string? CreatedBy { get; set; }

    internal static FileMetaData Read(ReadOnlySpan<byte> data)
    {
        var reader = new CompactReader(data);
        var file = new FileMetaData();
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.I32): file.Version = reader.ReadInt32(); break;
                case (2, CompactType.List): file.Schema = Lists.Read(ref reader, SchemaElement.Read); break;
                case (3, CompactType.I64): file.NumRows = reader.ReadInt64(); break;
                case (4, CompactType.List): file.RowGroups = Lists.Read(ref reader, RowGroup.Read); break;
                case (5, CompactType.List): file.KeyValueMetadata = Lists.Read(ref reader, KeyValue.Read); break;
                case (6, CompactType.Binary): file.CreatedBy = reader.ReadString(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        return file;
    }

    internal ReadOnlyMemory<byte> Write()
    {
        var writer = new CompactWriter();
        writer.StructElement(file =>
        {
            file.Int32(1, Version);
            file.List(2, Schema, CompactType.Struct, e => file.StructElement(e.Write));
            file.Int64(3, NumRows);
            file.List(4, RowGroups, CompactType.Struct, g => file.StructElement(g.Write));
            file.List(5, KeyValueMetadata, CompactType.Struct, k => file.StructElement(k.Write));
            file.Text(6, CreatedBy);
        });
        return writer.Written;
    }
}

/// <summary>A pair of user metadata.</summary>
public class KeyValue
{
    public string Key { get; set; } = string.Empty;

    public string? Value { get; set; }

    internal static KeyValue Read(ref CompactReader reader)
    {
        var pair = new KeyValue();
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.Binary): pair.Key = reader.ReadString(); break;
                case (2, CompactType.Binary): pair.Value = reader.ReadString(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        return pair;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Text(1, Key);
        writer.Text(2, Value);
    }
}

internal static class Lists
{
    public delegate T ElementReader<T>(ref CompactReader reader);

    public static List<T> Read<T>(ref CompactReader reader, ElementReader<T> read)
    {
        int size = reader.ReadListHeader(CompactType.Struct);
        var items = new List<T>(Math.Min(size, 256));
        for (int i = 0; i < size; i++)
        {
            items.Add(read(ref reader));
        }

        return items;
    }

    public static List<string> ReadTexts(ref CompactReader reader)
    {
        int size = reader.ReadListHeader(CompactType.Binary);
        var items = new List<string>(Math.Min(size, 256));
        for (int i = 0; i < size; i++)
        {
            items.Add(reader.ReadString());
        }

        return items;
    }

    public static List<Encoding> ReadEncodings(ref CompactReader reader)
    {
        int size = reader.ReadListHeader(CompactType.I32);
        var items = new List<Encoding>(Math.Min(size, 256));
        for (int i = 0; i < size; i++)
        {
            items.Add((Encoding)reader.ReadInt32());
        }

        return items;
    }
}
