using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Parquet.Meta;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>
/// Checksums of what the library's own files hold, kept in their metadata: a flipped bit of stored data is found, where the
/// format itself would hand over a wrong number.
/// </summary>
internal sealed class ParquetChecksum
{
    /// <summary>The metadata's key.</summary>
    public const string Key = "statespace.crc32c";

    // Other tools carry metadata over to files that they write themselves, where the checksums no longer hold.
    private const string Writer = "Parquet.Net";
    private const string Version = "1";
    private readonly uint[][] _groups;

    private ParquetChecksum(uint[][] groups) => _groups = groups;

    /// <summary>The checksums of an opened file; null when it has none that count.</summary>
    public static ParquetChecksum? Read(FileMetaData metadata, ParquetSchema schema)
    {
        string? text = metadata.KeyValueMetadata?.Find(pair => pair.Key == Key)?.Value;
        if (text is null || metadata.CreatedBy?.StartsWith(Writer, StringComparison.Ordinal) != true)
        {
            return null;
        }

        string[] parts = text.Split('|');
        if (parts.Length != metadata.RowGroups.Count + 2 || parts[0] != Version || parts[1] != Format(SchemaOf(schema, metadata.RowGroups.Select(g => g.NumRows))))
        {
            throw new InvalidDataException("the columns are not those that were written");
        }

        return new ParquetChecksum(parts.Skip(2).Select(group => group.Split(',').Select(Parse).ToArray()).ToArray());
    }

    /// <summary>The metadata's value for a file's groups: their rows, and the checksum of each of their columns.</summary>
    public static string Write(ParquetSchema schema, IReadOnlyList<(long Rows, uint[] Columns)> groups)
    {
        var text = new StringBuilder($"{Version}|{Format(SchemaOf(schema, groups.Select(g => g.Rows)))}");
        foreach ((_, uint[] columns) in groups)
        {
            text.Append('|').AppendJoin(',', columns.Select(Format));
        }

        return text.ToString();
    }

    /// <summary>The checksum of a column chunk: values without nulls, and levels.</summary>
    public static uint Of<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> definition, ReadOnlySpan<int> repetition) where T : struct
    {
        uint crc = Append(0, MemoryMarshal.AsBytes(definition));
        crc = Append(crc, MemoryMarshal.AsBytes(repetition));
        if (typeof(T) == typeof(ReadOnlyMemory<char>))
        {
            foreach (T value in values)
            {
                ReadOnlySpan<char> text = ((ReadOnlyMemory<char>)(object)value).Span;
                crc = BitOperations.Crc32C(Append(crc, MemoryMarshal.AsBytes(text)), (uint)text.Length);
            }

            return crc;
        }

        if (typeof(T) == typeof(DateTime))
        {
            // Its bytes also hold the kind, which a file does not keep.
            foreach (T value in values)
            {
                crc = BitOperations.Crc32C(crc, (ulong)((DateTime)(object)value).Ticks);
            }

            return crc;
        }

        return Append(crc, MemoryMarshal.AsBytes(values));
    }

    /// <summary>Holds a column chunk against its checksum.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public void Check(int group, int column, uint actual)
    {
        if (column >= _groups[group].Length || _groups[group][column] != actual)
        {
            throw new InvalidDataException("a checksum does not fit the data");
        }
    }

    private static uint SchemaOf(ParquetSchema schema, IEnumerable<long> rows)
    {
        IEnumerable<string> fields = schema.GetDataFields()
            .Select(field => $"{field.Path}:{field.ClrType}:{field.MaxRepetitionLevel}:{field.MaxDefinitionLevel}");
        string text = string.Join('\n', fields.Concat(rows.Select(count => count.ToString(CultureInfo.InvariantCulture))));
        return Append(0, System.Text.Encoding.UTF8.GetBytes(text));
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    private static string Format(uint crc) => crc.ToString("x8", CultureInfo.InvariantCulture);

    private static uint Parse(string text) => uint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
