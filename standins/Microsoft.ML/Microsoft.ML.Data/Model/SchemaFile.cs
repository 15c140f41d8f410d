using System.IO.Compression;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A schema in a model, as ML.NET writes it: a binary data view without rows.</summary>
/// <remarks>A header of 256 bytes, the annotations' values, the table of columns, and a tail.</remarks>
internal static class SchemaFile
{
    private const int HeaderSize = 256;
    private const ulong Signature = 0x00425644004C4D43;
    private const ulong TailSignature = 0x434D4C0044564200;
    private const ulong Version = 0x0001000100010006;
    private const int RowsPerBlock = 1;
    private const byte Uncompressed = 0, Deflate = 1;

    public static void Write(Stream stream, DataViewSchema schema)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(new byte[HeaderSize]);
        writer.Flush();
        var annotations = schema.Select(c => WriteAnnotations(writer, c.Annotations)).ToArray();
        long table = stream.Position;
        foreach (var column in schema)
        {
            writer.Write(column.Name);
            Codec.WriteType(writer, column.Type);
            writer.Write(Deflate);
            writer.Write7BitEncodedInt64(RowsPerBlock);
            writer.Write((long)HeaderSize);   // where the blocks' table would be, if there were blocks
            writer.Write(annotations[column.Index]);
            writer.Flush();
        }
        long tail = stream.Position;
        writer.Write(TailSignature);
        writer.Seek(0, SeekOrigin.Begin);
        foreach (ulong field in new[] { Signature, Version, Version, (ulong)table, (ulong)tail, 0UL })
            writer.Write(field);
        writer.Write(schema.Count);
        writer.Seek(0, SeekOrigin.End);
    }

    /// <exception cref="FormatException">It is no schema, or a damaged one.</exception>
    public static DataViewSchema Read(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            Contracts.CheckDecode(stream.Length >= HeaderSize + sizeof(ulong) && reader.ReadUInt64() == Signature,
                "This does not appear to be a binary dataview file");
            reader.ReadUInt64();
            Contracts.CheckDecode(reader.ReadUInt64() <= Version, "The schema was written by a newer version");
            long table = reader.ReadInt64(), tail = reader.ReadInt64(), rows = reader.ReadInt64();
            int count = reader.ReadInt32();
            Contracts.CheckDecode(rows == 0 && count >= 0 && table >= HeaderSize && table <= tail && tail <= stream.Length - sizeof(ulong), "Corrupt schema header");
            stream.Position = tail;
            Contracts.CheckDecode(reader.ReadUInt64() == TailSignature, "Incorrect tail signature");
            stream.Position = table;
            var schema = new DataViewSchema.Builder();
            for (int i = 0; i < count; i++)
                ReadColumn(reader, schema);
            return schema.ToSchema();
        }
        catch (EndOfStreamException e)
        {
            throw Contracts.ExceptDecode(null, e, "Corrupt schema");
        }
    }

    private static void ReadColumn(BinaryReader reader, DataViewSchema.Builder schema)
    {
        string name = reader.ReadString();
        Contracts.CheckDecode(name.Length > 0, "Column without a name");
        var type = Codec.ReadType(reader);
        reader.ReadByte();
        reader.Read7BitEncodedInt64();
        reader.ReadInt64();
        long annotations = reader.ReadInt64();
        long next = reader.BaseStream.Position;
        schema.AddColumn(name, type, annotations == 0 ? null : ReadAnnotations(reader, annotations));
        reader.BaseStream.Position = next;
    }

    /// <summary>Writes the values and then their table; gives the table's place, or 0 where there is none.</summary>
    private static long WriteAnnotations(BinaryWriter writer, DataViewSchema.Annotations annotations)
    {
        var stream = writer.BaseStream;
        var columns = annotations.Schema.Where(c => Codec.CanStore(c.Type)).ToArray();
        if (columns.Length == 0)
            return 0;
        var places = new List<long> { stream.Position };
        foreach (var column in columns)
        {
            Getters.ForType<object>(Codec.WriteValue<int>, column.Type.RawType, writer, annotations, column);
            writer.Flush();
            places.Add(stream.Position);
        }
        writer.Write7BitEncodedInt64(columns.Length);
        for (int i = 0; i < columns.Length; i++)
        {
            writer.Write(columns[i].Name);
            Codec.WriteType(writer, columns[i].Type);
            writer.Write(Uncompressed);
            writer.Write(places[i]);
            writer.Write7BitEncodedInt64(places[i + 1] - places[i]);
        }
        writer.Flush();
        return places[^1];
    }

    private static DataViewSchema.Annotations ReadAnnotations(BinaryReader reader, long position)
    {
        var stream = reader.BaseStream;
        var builder = new DataViewSchema.Annotations.Builder();
        stream.Position = position;
        long count = reader.Read7BitEncodedInt64();
        for (long i = 0; i < count; i++)
        {
            string kind = reader.ReadString();
            var type = Codec.ReadType(reader);
            byte compression = reader.ReadByte();
            long place = reader.ReadInt64(), size = reader.Read7BitEncodedInt64(), next = stream.Position;
            Contracts.CheckDecode(place >= HeaderSize && size > 0 && place + size <= stream.Length && compression <= Deflate, "Annotation out of range");
            if (Codec.CanStore(type))
            {
                stream.Position = place;
                byte[] block = reader.ReadBytes(checked((int)size));
                using Stream value = compression == Deflate ? new DeflateStream(new MemoryStream(block), CompressionMode.Decompress) : new MemoryStream(block);
                using var values = new BinaryReader(value);
                builder.Add(kind, type, Getters.ForType<Delegate>(Codec.ReadValue<int>, type.RawType, values, type));
            }
            stream.Position = next;
        }
        return builder.ToAnnotations();
    }
}
