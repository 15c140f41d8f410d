using Parquet.Meta.Proto;

namespace Parquet.Meta;

/// <summary>What stands before each page. Sizes are in bytes.</summary>
internal sealed class PageHeader
{
    public PageType Type { get; set; }

    public int UncompressedSize { get; set; }

    public int CompressedSize { get; set; }

    public int NumValues { get; set; }

    public Encoding Encoding { get; set; }

    /// <summary>Version 2 only: sizes of the levels, which stand uncompressed before the values.</summary>
    public int RepetitionBytes { get; set; }

    public int DefinitionBytes { get; set; }

    public bool IsCompressed { get; set; } = true;

    /// <summary>False when the header of the page's own kind is missing.</summary>
    public bool IsComplete { get; private set; }

    public static PageHeader Read(ReadOnlySpan<byte> data, out int length)
    {
        var reader = new CompactReader(data);
        var header = new PageHeader { Type = (PageType)(-1) };
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (id, type)
            {
                case (1, CompactType.I32): header.Type = (PageType)reader.ReadInt32(); break;
                case (2, CompactType.I32): header.UncompressedSize = reader.ReadInt32(); break;
                case (3, CompactType.I32): header.CompressedSize = reader.ReadInt32(); break;
                case (5 or 7 or 8, CompactType.Struct): header.ReadKind(id, ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
        length = reader.Position;
        return header;
    }

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new CompactWriter();
        writer.StructElement(page =>
        {
            page.Int32(1, (int)Type);
            page.Int32(2, UncompressedSize);
            page.Int32(3, CompressedSize);
            page.Struct((short)(Type == PageType.DICTIONARY_PAGE ? 7 : 5), WriteKind);
        });
        return writer.Written;
    }

    private void WriteKind(CompactWriter writer)
    {
        writer.Int32(1, NumValues);
        writer.Int32(2, (int)Encoding);
        if (Type == PageType.DATA_PAGE)
        {
            writer.Int32(3, (int)Encoding.RLE);
            writer.Int32(4, (int)Encoding.RLE);
        }
    }

    private void ReadKind(short kind, ref CompactReader reader)
    {
        PageType expected = kind switch { 5 => PageType.DATA_PAGE, 7 => PageType.DICTIONARY_PAGE, _ => PageType.DATA_PAGE_V2 };
        IsComplete |= Type == expected;
        bool version2 = kind == 8;
        short outer = reader.EnterStruct();
        while (reader.NextField(out short id, out CompactType type))
        {
            switch (version2, id, type)
            {
                case (_, 1, CompactType.I32): NumValues = reader.ReadInt32(); break;
                case (false, 2, CompactType.I32): Encoding = (Encoding)reader.ReadInt32(); break;
                case (true, 4, CompactType.I32): Encoding = (Encoding)reader.ReadInt32(); break;
                case (true, 5, CompactType.I32): DefinitionBytes = reader.ReadInt32(); break;
                case (true, 6, CompactType.I32): RepetitionBytes = reader.ReadInt32(); break;
                case (true, 7, CompactType.False): IsCompressed = false; break;
                default: reader.Skip(type); break;
            }
        }

        reader.LeaveStruct(outer);
    }
}
