using System.Buffers;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>An open Parquet file: its columns that ML.NET can hold, and its row groups.</summary>
internal sealed class ParquetFile : IDisposable
{
    private readonly Stream _stream;
    private readonly ParquetReader _reader;
    private readonly DataField[] _fields;
    private readonly ParquetChecksum? _checksum;

    private ParquetFile(string path, Stream stream, ParquetReader reader)
    {
        Path = path;
        _stream = stream;
        _reader = reader;
        ParquetSchema schema = reader.Schema;
        FileMetaData metadata = reader.Metadata ?? throw new InvalidDataException("the footer is missing");
        _fields = schema.GetDataFields();
        _checksum = ParquetChecksum.Read(metadata, schema);
        Columns = ParquetColumn.From(schema, out IReadOnlyDictionary<string, string> unsupported);
        Unsupported = unsupported;
        FirstRows = SumRows(metadata, _fields.Length);
        Metadata = (metadata.KeyValueMetadata ?? []).GroupBy(pair => pair.Key).ToDictionary(pairs => pairs.Key, pairs => pairs.Last().Value ?? "");
    }

    public string Path { get; }

    /// <summary>Columns that can be read, in the file's order.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    /// <summary>Columns that cannot, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Unsupported { get; }

    /// <summary>The file's own keys and values.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The file's rows.</summary>
    public long RowCount => FirstRows[^1];

    public int GroupCount => FirstRows.Count - 1;

    /// <summary>The row that each group starts at, and the number of rows.</summary>
    public IReadOnlyList<long> FirstRows { get; }

    /// <summary>Opens a file and reads its footer.</summary>
    /// <exception cref="DataFileException">It is missing, no Parquet file, truncated or corrupt.</exception>
    public static ParquetFile Open(ParquetSource source) => ParquetFaults.Run(source.Name, null, () => OpenAsync(source));

    /// <summary>The file's own column of that name and type.</summary>
    /// <exception cref="DataFileException">There is none.</exception>
    public ParquetColumn Find(ParquetColumn wanted)
    {
        ParquetColumn? found = Columns.FirstOrDefault(column => column.Name == wanted.Name);
        if (found is null)
        {
            string reason = Unsupported.TryGetValue(wanted.Name, out string? why) ? why : "it has no such column";
            throw new DataFileException(Path, $"{reason}; the files of one table must have the same columns", column: wanted.Name);
        }

        return found.Type.Equals(wanted.Type)
            ? found
            : throw new DataFileException(Path, $"its type is {found.Type}, in the first file it is {wanted.Type}; convert one of them", column: wanted.Name);
    }

    /// <summary>About the most memory, in bytes, that reading a column of a row group takes: values, levels and pages.</summary>
    public long MemoryOf(int group, ParquetColumn column)
    {
        using ParquetRowGroupReader reader = _reader.OpenRowGroupReader(group);
        ColumnMetaData? chunk = reader.GetMetadata(column.Field)?.MetaData;
        long values = Math.Clamp(chunk?.NumValues ?? 0, 0, Array.MaxLength);
        long pages = Math.Clamp(chunk?.TotalUncompressedSize ?? 0, 0, 1L << 48);
        return values * column.ValueBytes + pages;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Reads a column of a row group, without its nulls.</summary>
    /// <exception cref="DataFileException">It is truncated or corrupt.</exception>
    public ParquetLevels<T> Read<T>(ParquetGroup group, ParquetColumn column) where T : struct =>
        ParquetFaults.Run(Path, column.Name, () => ReadAsync<T>(group, column));

    private static async Task<ParquetFile> OpenAsync(ParquetSource source)
    {
        Stream stream = source.Open();
        bool opened = false;
        try
        {
            if (!stream.CanSeek)
            {
                throw new DataFileException(source.Name, "its stream cannot be sought, which reading Parquet needs; copy it into a file or into memory");
            }

            await ParquetFooter.CheckAsync(stream).ConfigureAwait(false);
            ParquetReader reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true).ConfigureAwait(false);
            var file = new ParquetFile(source.Name, stream, reader);
            opened = true;
            return file;
        }
        finally
        {
            if (!opened)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static long[] SumRows(FileMetaData metadata, int columns)
    {
        var first = new long[metadata.RowGroups.Count + 1];
        for (int g = 0; g < metadata.RowGroups.Count; g++)
        {
            RowGroup group = metadata.RowGroups[g];
            if (group.NumRows < 0 || group.NumRows > Array.MaxLength - 1 || group.Columns.Count != columns)
            {
                throw new InvalidDataException($"row group {g} claims {group.NumRows} rows of {group.Columns.Count} columns");
            }

            first[g + 1] = first[g] + group.NumRows;
        }

        return first[^1] == metadata.NumRows
            ? first
            : throw new InvalidDataException($"the row groups have {first[^1]} rows together, the file claims {metadata.NumRows}");
    }

    private async Task<ParquetLevels<T>> ReadAsync<T>(ParquetGroup group, ParquetColumn column) where T : struct
    {
        DataField field = column.Field;
        using ParquetRowGroupReader reader = _reader.OpenRowGroupReader(group.Index);
        ColumnMetaData chunk = reader.GetMetadata(field)?.MetaData ?? throw new InvalidDataException("a row group lacks the column");
        int count = CheckCount(chunk, group, field);
        T[] values = GC.AllocateUninitializedArray<T>(count);
        var levels = new ParquetLevels<T>(values, field.MaxDefinitionLevel > 0, field.MaxRepetitionLevel > 0);
        await reader.ReadRawAsync<T>(field, values, levels.DefinitionBuffer, levels.RepetitionBuffer).ConfigureAwait(false);
        levels.Present = field.MaxDefinitionLevel == 0 ? count : levels.Definition.Count(field.MaxDefinitionLevel);
        if (_checksum is { } checksum)
        {
            checksum.Check(group.Index, Array.IndexOf(_fields, field), ParquetChecksum.Of<T>(values.AsSpan(0, levels.Present), levels.Definition, levels.Repetition));
        }

        return levels;
    }

    // A forged count must not allocate: it is bounded by what so many bytes can stand for, generously, since runs are cheap.
    private int CheckCount(ColumnMetaData chunk, ParquetGroup group, DataField field)
    {
        long most = Math.Max(1L << 24, Math.Min(1024 * Math.Max(0, chunk.TotalUncompressedSize), _stream.Length << 14));
        bool flat = field.MaxRepetitionLevel == 0;
        return chunk.NumValues >= group.RowCount && chunk.NumValues <= Math.Min(most, Array.MaxLength) && (!flat || chunk.NumValues == group.RowCount)
            ? (int)chunk.NumValues
            : throw new InvalidDataException($"row group {group.Index} claims {chunk.NumValues} values in {group.RowCount} rows and {chunk.TotalUncompressedSize} bytes");
    }
}

/// <summary>A column chunk as it is stored: values without nulls, and the levels that say where rows begin and nulls stand.</summary>
/// <param name="values">Room for all values.</param>
/// <param name="hasDefinition">Whether there are levels that say where nulls stand.</param>
/// <param name="hasRepetition">Whether there are levels that say where rows begin.</param>
internal sealed class ParquetLevels<T>(T[] values, bool hasDefinition, bool hasRepetition) : IDisposable
{
    private readonly int[]? _definition = Rent(hasDefinition, values.Length), _repetition = Rent(hasRepetition, values.Length);

    public T[] Values => values;

    /// <summary>How many values there are.</summary>
    public int Present { get; set; }

    public ReadOnlySpan<int> Definition => _definition.AsSpan(0, _definition is null ? 0 : values.Length);

    public ReadOnlySpan<int> Repetition => _repetition.AsSpan(0, _repetition is null ? 0 : values.Length);

    public Memory<int>? DefinitionBuffer => Buffer(_definition);

    public Memory<int>? RepetitionBuffer => Buffer(_repetition);

    /// <summary>Gives the levels' memory back.</summary>
    public void Dispose()
    {
        Return(_definition);
        Return(_repetition);
    }

    private static int[]? Rent(bool wanted, int count) => wanted ? ArrayPool<int>.Shared.Rent(count) : null;

    private static void Return(int[]? levels)
    {
        if (levels is not null)
        {
            ArrayPool<int>.Shared.Return(levels);
        }
    }

    // A plain null would become an empty buffer, by the conversion from arrays.
    private Memory<int>? Buffer(int[]? levels) => levels is null ? default(Memory<int>?) : levels.AsMemory(0, values.Length);
}
