using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>
/// Writes rows into a Parquet file that appears under its name only when it is complete: until then it is a temporary one
/// beside it, which is removed when anything fails.
/// </summary>
internal sealed class ParquetFileWriter : IDisposable
{
    private readonly IReadOnlyList<ParquetColumnBuffer> _columns;
    private readonly ParquetSaveOptions _options;
    private readonly List<(long Rows, uint[] Columns)> _groups = [];
    private readonly ParquetSchema _schema;
    private readonly string _path;
    private readonly string _temporary;
    private PromptFile? _stream;
    private ParquetWriter? _writer;
    private bool _complete;

    /// <summary>Creates the temporary file.</summary>
    /// <exception cref="ArgumentException">There are no columns.</exception>
    /// <exception cref="IOException">It cannot be created; the message names the file.</exception>
    public ParquetFileWriter(string path, IReadOnlyList<ParquetColumnBuffer> columns, ParquetSaveOptions? options = null)
    {
        _options = options ?? new ParquetSaveOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.ValuesPerRowGroup);
        _path = Path.GetFullPath(path);
        _columns = columns;
        _schema = new ParquetSchema(columns.Select(column => column.Field));
        string folder = Path.GetDirectoryName(_path) ?? throw new ArgumentException($"'{path}' is not a file name.", nameof(path));
        _temporary = Path.Combine(folder, $".{Path.GetFileName(_path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Guard(OpenAsync);
        }
        catch (IOException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Pairs for the file's own metadata; null: none.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Ends a row, to which every column has been appended; closes the row group when it is full.</summary>
    /// <exception cref="IOException">Writing failed; the message names the file.</exception>
    public void EndRow()
    {
        int values = 0;
        foreach (ParquetColumnBuffer column in _columns)
        {
            values += column.ValueCount;
        }

        if (values >= _options.ValuesPerRowGroup)
        {
            Guard(FlushAsync);
        }
    }

    /// <summary>Writes what is left, and gives the file its name.</summary>
    /// <exception cref="IOException">Writing failed; the message names the file.</exception>
    public void Complete() => Guard(CompleteAsync);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
        foreach (ParquetColumnBuffer column in _columns)
        {
            column.Release();
        }

        if (!_complete && File.Exists(_temporary))
        {
            File.Delete(_temporary);
        }
    }

    private async Task OpenAsync()
    {
        // Without a buffer of its own, so that closing it after a failure has nothing left to write.
        _stream = new PromptFile(new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0));
        var options = new ParquetOptions
        {
            CompressionMethod = _options.Compression switch
            {
                ParquetCompression.None => CompressionMethod.None,
                ParquetCompression.Snappy => CompressionMethod.Snappy,
                ParquetCompression.Gzip => CompressionMethod.Gzip,
                _ => CompressionMethod.Zstd,
            },
            CompressionLevel = CompressionLevel.Optimal,
        };
        _writer = await ParquetWriter.CreateAsync(_schema, _stream, options).ConfigureAwait(false);
    }

    private async Task FlushAsync()
    {
        long rows = _columns[0].RowCount;
        var sums = new uint[_columns.Count];
        using (ParquetRowGroupWriter group = _writer!.CreateRowGroup())
        {
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] = await _columns[i].FlushAsync(group, CancellationToken.None).ConfigureAwait(false);
            }

            group.CompleteValidate();
        }

        _groups.Add((rows, sums));
    }

    private async Task CompleteAsync()
    {
        if (_columns[0].RowCount > 0)
        {
            await FlushAsync().ConfigureAwait(false);
        }

        _writer!.CustomMetadata = new Dictionary<string, string>(Metadata ?? new Dictionary<string, string>())
        {
            [ParquetChecksum.Key] = ParquetChecksum.Write(_schema, _groups),
        };
        await _writer.DisposeAsync().ConfigureAwait(false);
        _stream!.Flush(toDisk: true);
        await _stream.DisposeAsync().ConfigureAwait(false);
        File.Move(_temporary, _path, overwrite: true);
        _complete = true;
    }

    private void Guard(Func<Task> work)
    {
        try
        {
            Task task = SynchronizationContext.Current is null ? work() : Task.Run(work);
            task.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cannot write '{_path}': {e.Message} Check the folder, its permissions and the free space.", e);
        }
    }
}
