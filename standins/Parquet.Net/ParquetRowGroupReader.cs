using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Reads the columns of one row group.</summary>
public class ParquetRowGroupReader : IDisposable
{
    private readonly Stream _stream;
    private readonly Dictionary<FieldPath, ColumnChunk> _chunks = [];
    private readonly Dictionary<FieldPath, SchemaElement> _elements;

    internal ParquetRowGroupReader(RowGroup group, ParquetSchema schema, Stream stream)
    {
        RowGroup = group;
        _stream = stream;
        _elements = schema.GetDataFields().GroupBy(f => f.Path).ToDictionary(f => f.Key, f => f.First().SchemaElement!);
        foreach (ColumnChunk chunk in group.Columns)
        {
            _chunks[new FieldPath(chunk.MetaData?.PathInSchema ?? [])] = chunk;
        }
    }

    public RowGroup RowGroup { get; }

    /// <summary>Rows, not values: a list counts once.</summary>
    public long RowCount => RowGroup.NumRows;

    public bool ColumnExists(DataField field) => GetMetadata(field) is not null;

    public ColumnChunk? GetMetadata(DataField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return _chunks.GetValueOrDefault(field.Path);
    }

    public Dictionary<string, string> GetCustomMetadata(DataField field) =>
        (GetMetadata(field)?.MetaData?.KeyValueMetadata ?? []).ToDictionary(pair => pair.Key, pair => pair.Value!);

    /// <summary>
    /// Reads values without their nulls, and the levels that say where these stand. Each buffer has room for the chunk's NumValues.
    /// </summary>
    /// <exception cref="ArgumentException">The type is not the field's, or a buffer is missing or too small.</exception>
    /// <exception cref="ParquetException">The column does not exist, or is corrupt.</exception>
    public async ValueTask ReadRawAsync<T>(
        DataField field,
        Memory<T> values,
        Memory<int>? definitionLevels,
        Memory<int>? repetitionLevels,
        CancellationToken cancellationToken = default)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(field);
        if (field.ClrType != typeof(T))
        {
            throw new ArgumentException($"Field \"{field.Path}\" ({field.ClrType}) is not compatible with type {typeof(T)}");
        }

        ColumnMetaData chunk = Chunk(field);
        CheckBuffer(field, "Values", values.Length, chunk.NumValues);
        CheckLevels(field, "Definition levels", field.MaxDefinitionLevel, definitionLevels, chunk.NumValues);
        CheckLevels(field, "Repetition levels", field.MaxRepetitionLevel, repetitionLevels, chunk.NumValues);
        field.EnsureAttachedToSchema(nameof(field));
        var reader = new ColumnReader<T>(_stream, field, _elements[field.Path], chunk)
        {
            Values = values,
            DefinitionLevels = definitionLevels ?? default,
            RepetitionLevels = repetitionLevels ?? default,
        };
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a column without nulls.</summary>
    public ValueTask ReadAsync<T>(
        DataField field, Memory<T> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
        where T : struct => ReadRawAsync(field, values, null, repetitionLevels, cancellationToken);

    /// <summary>Reads a flat column with nulls.</summary>
    public async ValueTask ReadAsync<T>(
        DataField field, Memory<T?> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
        where T : struct
    {
        var present = new T[values.Length];
        var levels = new int[RowCount];
        await ReadRawAsync<T>(field, present, levels, repetitionLevels, cancellationToken).ConfigureAwait(false);
        Span<T?> to = values.Span;
        int next = 0;
        for (int i = 0; i < levels.Length; i++)
        {
            to[i] = levels[i] < field.MaxDefinitionLevel ? null : present[next++];
        }
    }

    /// <summary>Reads a flat text column.</summary>
    public async ValueTask ReadAsync(
        DataField field, Memory<string?> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
    {
        var present = new ReadOnlyMemory<char>[values.Length];
        int[]? levels = field.IsNullable ? new int[RowCount] : null;
        Memory<int>? definitionLevels = levels is null ? default(Memory<int>?) : levels.AsMemory();
        await ReadRawAsync<ReadOnlyMemory<char>>(field, present, definitionLevels, repetitionLevels, cancellationToken).ConfigureAwait(false);
        Span<string?> to = values.Span;
        int next = 0;
        for (int i = 0; i < (levels?.Length ?? present.Length); i++)
        {
            to[i] = levels is not null && levels[i] == 0 ? null : present[next++].ToString();
        }
    }

    public void Dispose() { }

    private static void CheckLevels(DataField field, string what, int maxLevel, Memory<int>? buffer, long numValues)
    {
        if (maxLevel > 0 && buffer is null)
        {
            throw new ArgumentException($"{what} buffer is required for field '{field.Path}' (largest level {maxLevel})");
        }

        if (buffer is { } levels)
        {
            CheckBuffer(field, what, levels.Length, numValues);
        }
    }

    private static void CheckBuffer(DataField field, string what, int length, long numValues)
    {
        if (length < numValues)
        {
            throw new ArgumentException($"{what} buffer is too small for field '{field.Path}' (length {length} < numValues {numValues})");
        }
    }

    private ColumnMetaData Chunk(DataField field)
    {
        ColumnChunk chunk = GetMetadata(field) ?? throw new ParquetException($"'{field.Path}' does not exist in this file");
        ColumnMetaData meta = chunk.MetaData ?? throw new ParquetException($"Column chunk metadata is missing for '{field.Path}'");
        return meta.NumValues >= 0 ? meta : throw new ParquetException($"'{field.Path}' claims {meta.NumValues} values");
    }
}
