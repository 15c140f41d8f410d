using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Writes the columns of one row group, in the order of the schema.</summary>
public class ParquetRowGroupWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly IReadOnlyList<(SchemaElement Element, FieldPath Path)> _leaves;
    private readonly ParquetOptions _options;
    private long? _rowCount;
    private int _next;

    internal ParquetRowGroupWriter(Stream stream, IReadOnlyList<(SchemaElement Element, FieldPath Path)> leaves, ParquetOptions options)
    {
        _stream = stream;
        _leaves = leaves;
        _options = options;
    }

    internal RowGroup RowGroup { get; } = new();

    /// <summary>Writes a text column.</summary>
    public Task WriteAsync(DataField field, IReadOnlyCollection<string?> values, ReadOnlyMemory<int>? repetitionLevels = null)
    {
        ReadOnlyMemory<char>?[] texts = values.Select(text => text?.AsMemory()).ToArray();
        return WriteAsync<ReadOnlyMemory<char>>(field, texts, repetitionLevels);
    }

    /// <summary>Writes a column whose nulls are at its deepest level.</summary>
    public Task WriteAsync<T>(
        DataField field,
        ReadOnlyMemory<T?> values,
        ReadOnlyMemory<int>? repetitionLevels = null,
        Dictionary<string, string>? customMetadata = null,
        CancellationToken cancellationToken = default)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(field);
        var present = new List<T>(values.Length);
        var levels = new int[values.Length];
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = values.Span[i].HasValue ? field.MaxDefinitionLevel : field.MaxDefinitionLevel - 1;
            if (values.Span[i] is { } value)
            {
                present.Add(value);
            }
        }

        return WritePartsAsync<T>(field, present.ToArray(), levels, repetitionLevels, customMetadata, cancellationToken);
    }

    /// <summary>Writes a column without nulls.</summary>
    public Task WriteAsync<T>(
        DataField field,
        ReadOnlyMemory<T> values,
        ReadOnlyMemory<int>? repetitionLevels = null,
        Dictionary<string, string>? customMetadata = null,
        CancellationToken cancellationToken = default)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(field);
        int[]? levels = null;
        if (field.IsArray)
        {
            levels = new int[values.Length];
            levels.AsSpan().Fill(field.MaxDefinitionLevel);
        }

        return WritePartsAsync(field, values, levels is null ? default(ReadOnlyMemory<int>?) : levels.AsMemory(), repetitionLevels, customMetadata, cancellationToken);
    }

    /// <summary>Writes values without their nulls, and the levels that say where these stand.</summary>
    public Task WriteAllPartsAsync<T>(
        DataField field,
        ReadOnlyMemory<T> values,
        ReadOnlyMemory<int>? definitionValues,
        ReadOnlyMemory<int>? repetitionLevels,
        CancellationToken cancellationToken)
        where T : struct => WritePartsAsync(field, values, definitionValues, repetitionLevels, null, cancellationToken);

    /// <exception cref="InvalidOperationException">Columns are missing.</exception>
    public void CompleteValidate()
    {
        if (_next < _leaves.Count)
        {
            throw new InvalidOperationException(
                $"Not all columns were written: {string.Join(", ", _leaves.Skip(_next).Select(leaf => leaf.Element.Name))} are missing.");
        }
    }

    public void Dispose()
    {
        RowGroup.NumRows = _rowCount ?? 0;
        RowGroup.TotalCompressedSize = RowGroup.Columns.Sum(chunk => chunk.MetaData!.TotalCompressedSize);
        RowGroup.TotalByteSize = RowGroup.Columns.Sum(chunk => chunk.MetaData!.TotalUncompressedSize);
    }

    private async Task WritePartsAsync<T>(
        DataField field,
        ReadOnlyMemory<T> values,
        ReadOnlyMemory<int>? definitionLevels,
        ReadOnlyMemory<int>? repetitionLevels,
        Dictionary<string, string>? customMetadata,
        CancellationToken cancellation)
        where T : struct
    {
        Check<T>(field, definitionLevels, repetitionLevels);
        int count = definitionLevels?.Length ?? values.Length;
        long rows = field.MaxRepetitionLevel > 0 ? repetitionLevels!.Value.Span.Count(0) : count;
        if (_rowCount is { } expected && expected != rows)
        {
            throw new InvalidOperationException($"Column '{field.Name}' has {rows} rows, but the row group expects {expected} rows.");
        }

        (SchemaElement element, FieldPath path) = _leaves[_next++];
        _rowCount = rows;
        var writer = new ColumnWriter<T>(_stream, field, _options);
        ColumnMetaData meta = await writer.WriteAsync(values, definitionLevels ?? default, repetitionLevels ?? default, count, cancellation).ConfigureAwait(false);
        meta.Type = element.Type!.Value;
        meta.PathInSchema = path.ToList();
        meta.KeyValueMetadata = customMetadata is { Count: > 0 }
            ? customMetadata.Select(pair => new KeyValue { Key = pair.Key, Value = pair.Value }).ToList()
            : null;
        RowGroup.Columns.Add(new ColumnChunk { FileOffset = meta.DictionaryPageOffset ?? meta.DataPageOffset, MetaData = meta });
    }

    private void Check<T>(DataField field, ReadOnlyMemory<int>? definitionLevels, ReadOnlyMemory<int>? repetitionLevels)
    {
        ArgumentNullException.ThrowIfNull(field);
        field.EnsureAttachedToSchema(nameof(field));
        if (field.ClrType != typeof(T))
        {
            throw new ArgumentException($"expected values of type {field.ClrType} but passed {typeof(T)}");
        }

        if (field.MaxRepetitionLevel > 0 && repetitionLevels is null)
        {
            throw new ArgumentException($"repetition levels are required for this field (RL={field.MaxRepetitionLevel})", nameof(repetitionLevels));
        }

        if (field.MaxDefinitionLevel > 0 && definitionLevels is null)
        {
            throw new InvalidOperationException("Definition levels are not ready yet");
        }

        if (_next >= _leaves.Count)
        {
            throw new InvalidOperationException($"Cannot write column '{field.Name}': all {_leaves.Count} columns have already been written.");
        }

        if (_leaves[_next].Element.Name != field.Name)
        {
            throw new ArgumentException($"cannot write this column, expected '{_leaves[_next].Element.Name}', passed: '{field.Name}'", nameof(field));
        }
    }
}
