using System.Text;
using System.Text.Json;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>
/// The log of a shard: a line of JSON for each file that is done, on the disk before the next one begins. Times stand here and not
/// in the manifest, which is the same however often a run was interrupted.
/// </summary>
internal sealed class BatchJournal : IDisposable
{
    private const string Ending = ".journal";
    private readonly FileStream _stream;
    private readonly Lock _writing = new();

    /// <summary>Opens a shard's journal.</summary>
    /// <exception cref="OutputException">It cannot be written to.</exception>
    public BatchJournal(OutputFolder folder, Shard shard, bool keep)
    {
        string path = Path.Combine(folder.Manifests, shard.FileName + Ending);
        try
        {
            _stream = new FileStream(path, keep ? FileMode.OpenOrCreate : FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
            EndBrokenLine();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw OutputException.Of(path, error);
        }
    }

    /// <summary>Adds a line; any thread may.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void Append(FileRecord record)
    {
        byte[] line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(record, BatchJson.Line) + "\n");
        lock (_writing)
        {
            try
            {
                _stream.Write(line);
                _stream.Flush(flushToDisk: true);
            }
            catch (IOException error)
            {
                throw OutputException.Of(_stream.Name, error);
            }
        }
    }

    /// <summary>The lines of all journals of a folder, by the files' names; a line that a kill broke off is passed over.</summary>
    public static ILookup<string, FileRecord> ReadAll(OutputFolder folder) =>
        (Directory.Exists(folder.Manifests) ? Directory.GetFiles(folder.Manifests, "*" + Ending) : [])
            .Order(StringComparer.Ordinal).SelectMany(Read).ToLookup(record => record.Path);

    /// <summary>The lines of a shard's journal.</summary>
    public static IEnumerable<FileRecord> Read(OutputFolder folder, Shard shard) =>
        Path.Combine(folder.Manifests, shard.FileName + Ending) is var path && File.Exists(path) ? Read(path) : [];

    public void Dispose() => _stream.Dispose();

    private static IEnumerable<FileRecord> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (Parse(line) is { } record)
                yield return record;
        }
    }

    private static FileRecord? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<FileRecord>(line, BatchJson.Line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void EndBrokenLine()
    {
        if (_stream.Length == 0)
            return;
        _stream.Seek(-1, SeekOrigin.End);
        if (_stream.ReadByte() != '\n')
            _stream.WriteByte((byte)'\n');
    }
}
