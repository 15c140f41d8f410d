namespace Microsoft.ML.StateSpace.Data;

/// <summary>The structures of a Parquet footer.</summary>
internal enum FooterPart
{
    Unknown, File, Element, Logical, Decimal, Time, Unit, Integer, Variant, Geography, Group, Sorting, Chunk, Column, Pair, Statistics, PageCount,
    Sizes, Places, Box, Order, Cipher, CipherKind, ColumnCipher, ColumnKey,
}

/// <summary>What a field of the footer is: its wire type, and for lists and structures what is inside.</summary>
internal readonly record struct FooterShape(int Type, FooterPart Inside = FooterPart.Unknown, int Item = 0)
{
    public const int True = 1;
    public const int False = 2;
    public const int Byte = 3;
    public const int Int16 = 4;
    public const int Int32 = 5;
    public const int Int64 = 6;
    public const int Double = 7;
    public const int Binary = 8;
    public const int List = 9;
    public const int Set = 10;
    public const int Map = 11;
    public const int Structure = 12;
}

/// <summary>The footer's fields by structure and number, as the format defines them.</summary>
internal static class ParquetFooterShape
{
    private static readonly FooterShape Boolean = new(FooterShape.True);
    private static readonly FooterShape Int32 = new(FooterShape.Int32);
    private static readonly FooterShape Int64 = new(FooterShape.Int64);
    private static readonly FooterShape Binary = new(FooterShape.Binary);

    private static readonly Dictionary<FooterPart, Dictionary<int, FooterShape>> Fields = new()
    {
        [FooterPart.File] = new()
        {
            [1] = Int32, [2] = ListOf(FooterPart.Element), [3] = Int64, [4] = ListOf(FooterPart.Group), [5] = ListOf(FooterPart.Pair), [6] = Binary,
            [7] = ListOf(FooterPart.Order), [8] = One(FooterPart.Cipher), [9] = Binary,
        },
        [FooterPart.Element] = new()
        {
            [1] = Int32, [2] = Int32, [3] = Int32, [4] = Binary, [5] = Int32, [6] = Int32, [7] = Int32, [8] = Int32, [9] = Int32,
            [10] = One(FooterPart.Logical),
        },
        [FooterPart.Logical] = new()
        {
            [1] = One(), [2] = One(), [3] = One(), [4] = One(), [5] = One(FooterPart.Decimal), [6] = One(), [7] = One(FooterPart.Time), [8] = One(FooterPart.Time),
            [10] = One(FooterPart.Integer), [11] = One(), [12] = One(), [13] = One(), [14] = One(), [15] = One(), [16] = One(FooterPart.Variant),
            [17] = One(FooterPart.Geography), [18] = One(FooterPart.Geography),
        },
        [FooterPart.Decimal] = new() { [1] = Int32, [2] = Int32 },
        [FooterPart.Time] = new() { [1] = Boolean, [2] = One(FooterPart.Unit) },
        [FooterPart.Unit] = new() { [1] = One(), [2] = One(), [3] = One() },
        [FooterPart.Integer] = new() { [1] = new(FooterShape.Byte), [2] = Boolean },
        [FooterPart.Group] = new()
        {
            [1] = ListOf(FooterPart.Chunk), [2] = Int64, [3] = Int64, [4] = ListOf(FooterPart.Sorting), [5] = Int64, [6] = Int64, [7] = new(FooterShape.Int16),
        },
        [FooterPart.Sorting] = new() { [1] = Int32, [2] = Boolean, [3] = Boolean },
        [FooterPart.Chunk] = new()
        {
            [1] = Binary, [2] = Int64, [3] = One(FooterPart.Column), [4] = Int64, [5] = Int32, [6] = Int64, [7] = Int32,
            [8] = One(FooterPart.ColumnCipher), [9] = Binary,
        },
        [FooterPart.Column] = new()
        {
            [1] = Int32, [2] = ListOf(FooterShape.Int32), [3] = ListOf(FooterShape.Binary), [4] = Int32, [5] = Int64, [6] = Int64, [7] = Int64,
            [8] = ListOf(FooterPart.Pair), [9] = Int64, [10] = Int64, [11] = Int64, [12] = One(FooterPart.Statistics), [13] = ListOf(FooterPart.PageCount),
            [14] = Int64, [15] = Int32, [16] = One(FooterPart.Sizes), [17] = One(FooterPart.Places),
        },
        [FooterPart.Pair] = new() { [1] = Binary, [2] = Binary },
        [FooterPart.Statistics] = new()
        {
            [1] = Binary, [2] = Binary, [3] = Int64, [4] = Int64, [5] = Binary, [6] = Binary, [7] = Boolean, [8] = Boolean,
        },
        [FooterPart.PageCount] = new() { [1] = Int32, [2] = Int32, [3] = Int32 },
        [FooterPart.Sizes] = new() { [1] = Int64, [2] = ListOf(FooterShape.Int64), [3] = ListOf(FooterShape.Int64) },
        [FooterPart.Order] = new() { [1] = One() },
        [FooterPart.Variant] = new() { [1] = new(FooterShape.Byte) },
        [FooterPart.Geography] = new() { [1] = Binary, [2] = Int32 },
        [FooterPart.Places] = new() { [1] = One(FooterPart.Box), [2] = ListOf(FooterShape.Int32) },
        [FooterPart.Box] = Enumerable.Range(1, 8).ToDictionary(id => id, _ => new FooterShape(FooterShape.Double)),
        [FooterPart.Cipher] = new() { [1] = One(FooterPart.CipherKind), [2] = One(FooterPart.CipherKind) },
        [FooterPart.CipherKind] = new() { [1] = Binary, [2] = Binary, [3] = Boolean },
        [FooterPart.ColumnCipher] = new() { [1] = One(), [2] = One(FooterPart.ColumnKey) },
        [FooterPart.ColumnKey] = new() { [1] = ListOf(FooterShape.Binary), [2] = Binary },
    };

    /// <summary>The shape of a field; null when the format does not know it.</summary>
    public static FooterShape? Of(FooterPart part, int id) =>
        Fields.TryGetValue(part, out Dictionary<int, FooterShape>? fields) && fields.TryGetValue(id, out FooterShape shape) ? shape : null;

    private static FooterShape One(FooterPart part = FooterPart.Unknown) => new(FooterShape.Structure, part);

    private static FooterShape ListOf(FooterPart part) => new(FooterShape.List, part, FooterShape.Structure);

    private static FooterShape ListOf(int type) => new(FooterShape.List, FooterPart.Unknown, type);
}
