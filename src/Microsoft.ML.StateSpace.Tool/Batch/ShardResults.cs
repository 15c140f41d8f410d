using System.Collections.Concurrent;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>How a shard's files came out; any thread may add.</summary>
internal sealed class ShardResults(IReadOnlyList<BatchInput> files)
{
    private readonly ConcurrentDictionary<BatchInput, FileRecord> _records = [];
    private int _found;

    /// <summary>Files that were complete before.</summary>
    public int Found => _found;

    /// <summary>A file came out so.</summary>
    /// <param name="file">The file.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="found">It was complete before.</param>
    public void Add(BatchInput file, FileRecord record, bool found)
    {
        _records[file] = record;
        if (found)
            Interlocked.Increment(ref _found);
    }

    public FileCounts Counts() => FileCounts.Of(Files());

    /// <summary>The manifest of the shard as it stands.</summary>
    public ShardManifest Manifest(JobDescription job, Shard shard, IReadOnlyList<BatchInput> all)
    {
        ManifestFile[] listed = Files();
        FileCounts counts = FileCounts.Of(listed);
        return new ShardManifest { Job = job, Shard = shard, Inputs = InputList.Of(all), Complete = counts.Pending == 0, Counts = counts, Files = listed };
    }

    private ManifestFile[] Files() => [.. files.Select(file => ManifestFile.Of(file, _records.GetValueOrDefault(file)))];
}
