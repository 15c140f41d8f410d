using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>
/// Parquet files of one column put together by hand, byte by byte, for pages that the package reads but does not write, and for
/// pages that lie about themselves.
/// </summary>
internal sealed class ParquetPageFile
{
    public const int Boolean = 0;
    public const int Int32 = 1;
    public const int Int64 = 2;
    public const int Float = 4;
    public const int Double = 5;
    public const int ByteArray = 6;
    private const byte Group = 12;
    private readonly MemoryStream _bytes = new();
    private readonly List<byte[]> _schema;
    private readonly List<string> _path = [];
    private readonly int _type;
    private long _firstPage;

    private ParquetPageFile(int type, List<byte[]> schema)
    {
        (_type, _schema) = (type, schema);
        _bytes.Write("PAR1"u8);
    }

    public long Rows { get; set; }

    public long Values { get; set; }

    public int Codec { get; set; }

    /// <summary>A file with the column "X" of values, required (0) or optional (1); text when it is of byte arrays.</summary>
    public static ParquetPageFile Flat(int type, int repetition = 0)
    {
        var file = new ParquetPageFile(type, [Element("root", children: 1), Element("X", type, repetition, converted: type == ByteArray ? 0 : null)]);
        file._path.Add("X");
        return file;
    }

    /// <summary>A file with the column "X" of optional lists of required values.</summary>
    public static ParquetPageFile List(int type)
    {
        var file = new ParquetPageFile(type,
            [Element("root", children: 1), Element("X", null, 1, 1, converted: 3), Element("list", null, 2, 1), Element("element", type, 0, converted: type == ByteArray ? 0 : null)]);
        file._path.AddRange(["X", "list", "element"]);
        return file;
    }

    /// <summary>The same in the form of old writers: the repeated value stands in the list itself.</summary>
    public static ParquetPageFile TwoLevelList(int type)
    {
        var file = new ParquetPageFile(type, [Element("root", children: 1), Element("X", null, 1, 1, converted: 3), Element("array", type, 2)]);
        file._path.AddRange(["X", "array"]);
        return file;
    }

    /// <summary>A file whose schema has so many groups in one another.</summary>
    public static ParquetPageFile Nested(int depth)
    {
        List<byte[]> schema = [Element("root", children: 1), .. Enumerable.Repeat(Element("g", null, 0, 1), depth), Element("X", Float, 0)];
        var file = new ParquetPageFile(Float, schema);
        file._path.Add("X");
        return file;
    }

    public ParquetPageFile Page1(int encoding, int count, params byte[] body) =>
        Page(0, body.Length, body.Length, body, 5, [Number(1, count), Number(2, encoding), Number(3, 3), Number(4, 3)]);

    /// <summary>A page of version 1 whose body is compressed.</summary>
    public ParquetPageFile Page1(int encoding, int count, int uncompressed, byte[] body) =>
        Page(0, uncompressed, body.Length, body, 5, [Number(1, count), Number(2, encoding), Number(3, 3), Number(4, 3)]);

    public ParquetPageFile Dictionary(int count, params byte[] body) => Dictionary(count, body.Length, body);

    /// <summary>A dictionary whose body is compressed.</summary>
    public ParquetPageFile Dictionary(int count, int uncompressed, byte[] body) =>
        Page(2, uncompressed, body.Length, body, 7, [Number(1, count), Number(2, 0)]);

    /// <summary>A page of version 2; its levels stand before its values.</summary>
    public ParquetPageFile Page2(int encoding, int count, int nulls, byte[] repetition, byte[] definition, byte[] values, int? uncompressed = null, int? rows = null) =>
        Page(3, uncompressed ?? repetition.Length + definition.Length + values.Length, repetition.Length + definition.Length + values.Length,
            [.. repetition, .. definition, .. values], 8,
            [Number(1, count), Number(2, nulls), Number(3, rows ?? (int)Rows), Number(4, encoding), Number(5, definition.Length), Number(6, repetition.Length)]);

    /// <summary>A page of version 1 that claims other sizes than it has.</summary>
    public ParquetPageFile Lie(int count, int uncompressed, int compressed, byte[] body) =>
        Page(0, uncompressed, compressed, body, 5, [Number(1, count), Number(2, 0), Number(3, 3), Number(4, 3)]);

    public byte[] ToBytes()
    {
        byte[] meta = Structure(
            Number(1, _type), Items(2, 5, [[0]]), Items(3, 8, _path.Select(Text)), Number(4, Codec), Long(5, Values),
            Long(6, _bytes.Length), Long(7, _bytes.Length), Long(9, _firstPage == 0 ? 4 : _firstPage));
        byte[] chunk = Structure(Long(2, 4), (3, Group, meta));
        byte[] group = Structure(Items(1, Group, [chunk]), Long(2, _bytes.Length), Long(3, Rows));
        byte[] footer = Structure(Number(1, 1), Items(2, Group, _schema), Long(3, Rows), Items(4, Group, [group]));
        _bytes.Write(footer);
        var tail = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Length);
        _bytes.Write(tail);
        _bytes.Write("PAR1"u8);
        return _bytes.ToArray();
    }

    private static byte[] Element(string name, int? type = null, int? repetition = null, int? children = null, int? converted = null)
    {
        var fields = new List<(int, byte, byte[])>();
        void Add(int id, int? value)
        {
            if (value is { } number)
            {
                fields.Add(Number(id, number));
            }
        }

        Add(1, type);
        Add(3, repetition);
        fields.Add((4, 8, Text(name)));
        Add(5, children);
        Add(6, converted);
        return Structure([.. fields]);
    }

    private ParquetPageFile Page(int kind, int uncompressed, int compressed, byte[] body, int header, (int, byte, byte[])[] fields)
    {
        _firstPage = _firstPage == 0 ? _bytes.Length : _firstPage;
        _bytes.Write(Structure(Number(1, kind), Number(2, uncompressed), Number(3, compressed), (header, Group, Structure(fields))));
        _bytes.Write(body);
        return this;
    }

    // Thrift's compact protocol: a byte of id distance and type before each field, a zero at the end.
    private static byte[] Structure(params (int Id, byte Type, byte[] Body)[] fields)
    {
        var bytes = new List<byte>();
        int last = 0;
        foreach ((int id, byte type, byte[] body) in fields)
        {
            bytes.Add((byte)((id - last) << 4 | type));
            bytes.AddRange(body);
            last = id;
        }

        bytes.Add(0);
        return [.. bytes];
    }

    private static (int, byte, byte[]) Number(int id, int value) => (id, 5, Varint(Zigzag(value)));

    private static (int, byte, byte[]) Long(int id, long value) => (id, 6, Varint(Zigzag(value)));

    private static (int, byte, byte[]) Items(int id, byte type, IEnumerable<byte[]> items)
    {
        byte[][] all = items.ToArray();
        byte[] head = all.Length < 15 ? [(byte)(all.Length << 4 | type)] : [(byte)(0xF0 | type), .. Varint((ulong)all.Length)];
        return (id, 9, [.. head, .. all.SelectMany(item => item)]);
    }

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

    private static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7F; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
