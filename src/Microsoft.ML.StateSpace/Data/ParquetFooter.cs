using System.Buffers.Binary;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>
/// Checks that a file ends in a well-formed footer before the package reads it: lengths that the package would believe, and work
/// off for hours, are refused here.
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
        new Walker(footer).Structure(0);
        file.Seek(0, SeekOrigin.Begin);
    }

    /// <summary>Walks over Thrift's compact protocol without keeping anything.</summary>
    private ref struct Walker(ReadOnlySpan<byte> bytes)
    {
        private const int MaxDepth = 40;
        private ReadOnlySpan<byte> _rest = bytes;

        public void Structure(int depth)
        {
            if (depth > MaxDepth)
            {
                throw Broken();
            }

            while (true)
            {
                byte header = Byte();
                int type = header & 0x0F;
                if (type == 0)
                {
                    return;
                }

                if (header >> 4 == 0)
                {
                    Number();
                }

                // A boolean field has its value in its type.
                if (type > 2)
                {
                    Value(type, depth + 1);
                }
            }
        }

        private void Value(int type, int depth)
        {
            switch (type)
            {
                case 1 or 2 or 3: Skip(1); break;
                case 4 or 5 or 6: Number(); break;
                case 7: Skip(8); break;
                case 8: Skip(Number()); break;
                case 9 or 10: List(depth); break;
                case 11: Map(depth); break;
                case 12: Structure(depth); break;
                default: throw Broken();
            }
        }

        private void List(int depth)
        {
            byte header = Byte();
            ulong count = header >> 4 == 15 ? Number() : (ulong)(header >> 4);
            Values(count, depth, header & 0x0F);
        }

        private void Map(int depth)
        {
            ulong count = Number();
            if (count > 0)
            {
                byte types = Byte();
                Values(count, depth, types >> 4, types & 0x0F);
            }
        }

        private void Values(ulong count, int depth, params ReadOnlySpan<int> types)
        {
            // Each takes a byte at least.
            if (count > (ulong)_rest.Length || depth > MaxDepth)
            {
                throw Broken();
            }

            for (ulong i = 0; i < count; i++)
            {
                foreach (int type in types)
                {
                    Value(type, depth + 1);
                }
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

        private static InvalidDataException Broken() => new("its footer is corrupt");
    }
}
