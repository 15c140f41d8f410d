using System.Buffers.Binary;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>
/// Checks that a file ends in a well-formed footer before the package reads it: the package believes lengths and types, and a
/// false one can keep it busy for ever.
/// </summary>
internal static class ParquetFooter
{
    private const int TailLength = 8;
    private const int HeadLength = 4;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <exception cref="InvalidDataException">It does not.</exception>
    public static async Task CheckAsync(Stream file)
    {
        if (file.Length < HeadLength + TailLength)
        {
            throw new InvalidDataException($"it has {file.Length} bytes");
        }

        var tail = new byte[TailLength];
        file.Seek(-TailLength, SeekOrigin.End);
        await file.ReadExactlyAsync(tail).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!Magic.SequenceEqual(tail.AsSpan(4)) || length <= 0 || length > file.Length - HeadLength - TailLength)
        {
            throw new InvalidDataException("it does not end in a footer");
        }

        var footer = new byte[length];
        file.Seek(-TailLength - length, SeekOrigin.End);
        await file.ReadExactlyAsync(footer).ConfigureAwait(false);
        new Walker(footer).Footer();
        file.Seek(0, SeekOrigin.Begin);
    }

    /// <summary>Walks over Thrift's compact protocol without keeping anything; known fields must have their type.</summary>
    private ref struct Walker(ReadOnlySpan<byte> bytes)
    {
        private const int MaxDepth = 40;
        // Version, schema, rows and row groups: the fields that no file goes without.
        private const int Required = 0b11110;
        private ReadOnlySpan<byte> _rest = bytes;
        private int _fileFields;

        // One that ends before its bytes do has lost what follows, which may be all rows.
        public void Footer()
        {
            Structure(FooterPart.File, 0);
            if (_rest.Length > 0 || (_fileFields & Required) != Required)
            {
                throw Broken();
            }
        }

        private void Structure(FooterPart part, int depth)
        {
            if (depth > MaxDepth)
            {
                throw Broken();
            }

            int id = 0;
            for (byte header = Byte(); header != 0; header = Byte())
            {
                int step = header >> 4;
                id = step > 0 ? id + step : (int)Unzigzag(Number());
                _fileFields |= depth == 0 && id is >= 0 and < 32 ? 1 << id : 0;
                int type = header & 0x0F;
                FooterShape shape = ParquetFooterShape.Of(part, id) ?? new FooterShape(type);
                if (type != shape.Type && !(type == FooterShape.False && shape.Type == FooterShape.True))
                {
                    throw Broken();
                }

                // A boolean field has its value in its type.
                if (type is not (FooterShape.True or FooterShape.False))
                {
                    Value(type, shape, depth + 1);
                }
            }
        }

        private static long Unzigzag(ulong number) => (long)(number >> 1) ^ -(long)(number & 1);

        private static InvalidDataException Broken() => new("its footer is corrupt");

        private void Value(int type, FooterShape shape, int depth)
        {
            switch (type)
            {
                case FooterShape.True or FooterShape.False or FooterShape.Byte: Skip(1); break;
                case FooterShape.Int16 or FooterShape.Int32 or FooterShape.Int64: Number(); break;
                case FooterShape.Double: Skip(8); break;
                case FooterShape.Binary: Skip(Number()); break;
                case FooterShape.List or FooterShape.Set: List(shape, depth); break;
                case FooterShape.Map: Map(depth); break;
                case FooterShape.Structure: Structure(shape.Inside, depth); break;
                default: throw Broken();
            }
        }

        private void List(FooterShape shape, int depth)
        {
            byte header = Byte();
            ulong count = header >> 4 == 15 ? Number() : (ulong)(header >> 4);
            int type = header & 0x0F;
            CheckCount(count, depth);
            if (count > 0 && shape.Item != 0 && shape.Item != type)
            {
                throw Broken();
            }

            for (ulong i = 0; i < count; i++)
            {
                Value(type, new FooterShape(type, shape.Inside), depth + 1);
            }
        }

        private void Map(int depth)
        {
            ulong count = Number();
            CheckCount(count, depth);
            byte types = count > 0 ? Byte() : (byte)0;
            for (ulong i = 0; i < count; i++)
            {
                Value(types >> 4, new FooterShape(types >> 4), depth + 1);
                Value(types & 0x0F, new FooterShape(types & 0x0F), depth + 1);
            }
        }

        // Each element takes a byte at least.
        private readonly void CheckCount(ulong count, int depth)
        {
            if (count > (ulong)_rest.Length || depth > MaxDepth)
            {
                throw Broken();
            }
        }

        private ulong Number()
        {
            ulong value = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte b = Byte();
                value |= (ulong)(b & 0x7F) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }

            throw Broken();
        }

        private byte Byte()
        {
            byte first = _rest.Length > 0 ? _rest[0] : throw Broken();
            _rest = _rest[1..];
            return first;
        }

        private void Skip(ulong count) => _rest = count <= (ulong)_rest.Length ? _rest[(int)count..] : throw Broken();
    }
}
