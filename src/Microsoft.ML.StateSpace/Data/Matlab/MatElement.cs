using System.Buffers.Binary;

namespace Microsoft.ML.StateSpace.Data.Matlab;

/// <summary>The types of a MATLAB file's data elements.</summary>
internal enum MatType
{
    Int8 = 1,
    UInt8 = 2,
    Int16 = 3,
    UInt16 = 4,
    Int32 = 5,
    UInt32 = 6,
    Single = 7,
    Double = 9,
    Int64 = 12,
    UInt64 = 13,
    Matrix = 14,
    Compressed = 15,
    Utf8 = 16,
    Utf16 = 17,
    Utf32 = 18,
}

/// <summary>A part of a file: its type and where its data stands.</summary>
internal readonly record struct MatElement(MatType Type, int Start, int Length);

/// <summary>Walks over the data elements of a stretch of bytes, in either byte order; every length is held against what there is.</summary>
internal sealed class MatElements(string file, byte[] bytes, bool isBigEndian)
{
    /// <summary>Reads the tag at a place, and moves behind its data.</summary>
    /// <param name="at">Where the tag stands; afterwards, where the next one does.</param>
    /// <param name="end">Where the stretch ends.</param>
    /// <exception cref="DataFileException">The element does not fit into the stretch.</exception>
    public MatElement Next(ref int at, int end)
    {
        if (end - at < 8)
        {
            throw Damaged(at);
        }

        uint first = UInt32(at);
        bool isSmall = first >> 16 != 0;
        int start = isSmall ? at + 4 : at + 8;
        uint length = isSmall ? first >> 16 : UInt32(at + 4);
        if (length > (isSmall ? 4 : end - start))
        {
            throw Damaged(at);
        }

        var element = new MatElement((MatType)(isSmall ? first & 0xFFFF : first), start, (int)length);
        // Elements begin at multiples of 8, all but those that follow compressed ones; the last may lack its filling.
        long next = isSmall ? at + 8L : element.Type == MatType.Compressed ? start + (long)length : start + ((length + 7L) & ~7L);
        at = (int)Math.Min(next, end);
        return element;
    }

    public uint UInt32(int at) => isBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at))
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    public ReadOnlySpan<byte> Bytes(MatElement element) => bytes.AsSpan(element.Start, element.Length);

    public DataFileException Damaged(int at) => new(file, $"byte {at}: the file is truncated or damaged; save or fetch it again");

    /// <summary>The bytes of a number of an element's type; 0 for types that hold none.</summary>
    public static int SizeOf(MatType type) => type switch
    {
        MatType.Int8 or MatType.UInt8 => 1,
        MatType.Int16 or MatType.UInt16 => 2,
        MatType.Int32 or MatType.UInt32 or MatType.Single => 4,
        MatType.Double or MatType.Int64 or MatType.UInt64 => 8,
        _ => 0,
    };

    /// <summary>The number at an index of an element.</summary>
    public float Number(MatElement element, int index)
    {
        int size = SizeOf(element.Type);
        ReadOnlySpan<byte> at = bytes.AsSpan(element.Start + index * size, size);
        Span<byte> little = stackalloc byte[8];
        at.CopyTo(little);
        if (isBigEndian)
        {
            little[..size].Reverse();
        }

        return element.Type switch
        {
            MatType.Int8 => (sbyte)little[0],
            MatType.UInt8 => little[0],
            MatType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(little),
            MatType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(little),
            MatType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(little),
            MatType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(little),
            MatType.Single => BinaryPrimitives.ReadSingleLittleEndian(little),
            MatType.Double => (float)BinaryPrimitives.ReadDoubleLittleEndian(little),
            MatType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(little),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(little),
        };
    }
}
