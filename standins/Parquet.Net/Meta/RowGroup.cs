using Parquet.Meta.Proto;

namespace Parquet.Meta;

/// <summary>A horizontal slice of the table: a chunk per column.</summary>
public class RowGroup
{
    public List<ColumnChunk> Columns { get; set; } = [];

    public long TotalByteSize { get; set; }

    public long NumRows { get; set; }

    public long? FileOffset { get; set; }

    public long? TotalCompressedSize { get; set; }

    internal static RowGroup Read(ref CompactReader reader)
    {
        var group = new RowGroup();
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.List): group.Columns = Lists.Read(ref reader, ColumnChunk.Read); break;
                case (2, CompactType.I64): group.TotalByteSize = reader.ReadInt64(); break;
                case (3, CompactType.I64): group.NumRows = reader.ReadInt64(); break;
                case (5, CompactType.I64): group.FileOffset = reader.ReadInt64(); break;
                case (6, CompactType.I64): group.TotalCompressedSize = reader.ReadInt64(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        return group;
    }

    internal void Write(CompactWriter writer)
    {
        writer.List(1, Columns, CompactType.Struct, c => writer.StructElement(c.Write));
        writer.Int64(2, TotalByteSize);
        writer.Int64(3, NumRows);
        writer.Int64(5, FileOffset);
        writer.Int64(6, TotalCompressedSize);
    }
}

/// <summary>A column's part of a row group.</summary>
public class ColumnChunk
{
    public string? FilePath { get; set; }

    public long FileOffset { get; set; }

    public ColumnMetaData? MetaData { get; set; }

    internal static ColumnChunk Read(ref CompactReader reader)
    {
        var chunk = new ColumnChunk();
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.Binary): chunk.FilePath = reader.ReadString(); break;
                case (2, CompactType.I64): chunk.FileOffset = reader.ReadInt64(); break;
                case (3, CompactType.Struct): chunk.MetaData = ColumnMetaData.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        return chunk;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Text(1, FilePath);
        writer.Int64(2, FileOffset);
        if (MetaData is { } meta)
        {
            writer.Struct(3, meta.Write);
        }
    }
}

/// <summary>What a column chunk holds, and where.</summary>
public class ColumnMetaData
{
    public Type Type { get; set; }

    public List<Encoding> Encodings { get; set; } = [];

    public List<string> PathInSchema { get; set; } = [];

    public CompressionCodec Codec { get; set; }

    public long NumValues { get; set; }

    public long TotalUncompressedSize { get; set; }

    public long TotalCompressedSize { get; set; }

    public List<KeyValue>? KeyValueMetadata { get; set; }

    public long DataPageOffset { get; set; }

    public long? IndexPageOffset { get; set; }

    public long? DictionaryPageOffset { get; set; }

    internal long NullCount { get; set; }

    internal static ColumnMetaData Read(ref CompactReader reader)
    {
        var meta = new ColumnMetaData();
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.I32): meta.Type = (Type)reader.ReadInt32(); break;
                case (2, CompactType.List): meta.Encodings = Lists.ReadEncodings(ref reader); break;
                case (3, CompactType.List): meta.PathInSchema = Lists.ReadTexts(ref reader); break;
                case (4, CompactType.I32): meta.Codec = (CompressionCodec)reader.ReadInt32(); break;
                case (5, CompactType.I64): meta.NumValues = reader.ReadInt64(); break;
                case (6, CompactType.I64): meta.TotalUncompressedSize = reader.ReadInt64(); break;
                case (7, CompactType.I64): meta.TotalCompressedSize = reader.ReadInt64(); break;
                case (8, CompactType.List): meta.KeyValueMetadata = Lists.Read(ref reader, KeyValue.Read); break;
                case (9, CompactType.I64): meta.DataPageOffset = reader.ReadInt64(); break;
                case (10, CompactType.I64): meta.IndexPageOffset = reader.ReadInt64(); break;
                case (11, CompactType.I64): meta.DictionaryPageOffset = reader.ReadInt64(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        return meta;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Int32(1, (int)Type);
        writer.List(2, Encodings, CompactType.I32, e => writer.Int32Element((int)e));
        writer.List(3, PathInSchema, CompactType.Binary, writer.TextElement);
        writer.Int32(4, (int)Codec);
        writer.Int64(5, NumValues);
        writer.Int64(6, TotalUncompressedSize);
        writer.Int64(7, TotalCompressedSize);
        writer.List(8, KeyValueMetadata, CompactType.Struct, k => writer.StructElement(k.Write));
        writer.Int64(9, DataPageOffset);
        writer.Int64(10, IndexPageOffset);
        writer.Int64(11, DictionaryPageOffset);
        writer.Struct(12, statistics => statistics.Int64(3, NullCount));
    }
}
