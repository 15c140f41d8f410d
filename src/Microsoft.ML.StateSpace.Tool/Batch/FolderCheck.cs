namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>What is found of a batch job in its output folder: the manifests of its shards together, and everything that does not fit.</summary>
internal sealed record FolderReport
{
    /// <summary>Whether every shard has run to its end and every output is what its manifest says. Failed files do not count against it.</summary>
    public bool Complete => Faults.Count == 0;

    public JobDescription? Job { get; init; }

    /// <summary>The number of shards.</summary>
    public required int Shards { get; init; }

    public required FileCounts Counts { get; init; }

    /// <summary>Files that could not be scored.</summary>
    public required IReadOnlyList<ManifestFile> Failed { get; init; }

    /// <summary>What is missing or wrong, and what to do.</summary>
    public required IReadOnlyList<string> Faults { get; init; }
}

/// <summary>Holds an output folder against its manifests.</summary>
internal sealed class FolderCheck
{
    private readonly OutputFolder _folder;
    private readonly List<string> _faults = [];

    private FolderCheck(OutputFolder folder) => _folder = folder;

    /// <summary>Reads every manifest and every output of a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder, or it holds no batch job.</exception>
    /// <exception cref="InvalidDataException">A manifest is damaged, or names a file outside the folder.</exception>
    public static FolderReport Run(string path, CancellationToken cancellation)
    {
        var folder = new OutputFolder(path);
        return Directory.Exists(folder.Manifests)
            ? new FolderCheck(folder).Run(cancellation)
            : throw new DirectoryNotFoundException($"'{path}' is no folder that a batch job has written into: it has no {Path.GetFileName(folder.Manifests)}");
    }

    private FolderReport Run(CancellationToken cancellation)
    {
        ShardManifest[] manifests = [.. ShardManifest.FilesOf(_folder).Select(ShardManifest.Read)];
        CheckShards(manifests);
        ManifestFile[] files = [.. manifests.SelectMany(manifest => manifest.Files).OrderBy(file => file.Path, StringComparer.Ordinal)];
        // While shards are missing, what no manifest lists may be theirs.
        if (_faults.Count == 0)
            CheckNames(files);
        foreach (ManifestFile file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            CheckOutput(file);
        }

        return new FolderReport
        {
            Job = manifests.FirstOrDefault()?.Job,
            Shards = manifests.FirstOrDefault()?.Shard.Count ?? 0,
            Counts = FileCounts.Of(files),
            Failed = [.. files.Where(file => file.Status == FileStatus.Failed)],
            Faults = _faults,
        };
    }

    private void CheckShards(ShardManifest[] manifests)
    {
        if (manifests.Length == 0)
        {
            _faults.Add("no shard has run to its end; run it with --resume");
            return;
        }

        ShardManifest first = manifests[0];
        foreach (ShardManifest other in manifests)
        {
            if (other.Shard.Count != first.Shard.Count)
                _faults.Add($"shard {other.Shard} and shard {first.Shard} are of different numbers of shards; run all with one number");
            if (other.Job.ToJson() != first.Job.ToJson())
                _faults.Add($"shard {other.Shard} was scored by another model, or with other options, than shard {first.Shard}; run it again with --resume --overwrite");
            if (other.Inputs != first.Inputs)
                _faults.Add($"shard {other.Shard} was dealt from {other.Inputs.Count} inputs, shard {first.Shard} from {first.Inputs.Count} or others; run all of them again with --resume");
            if (!other.Complete)
                _faults.Add($"shard {other.Shard} was ended before {other.Counts.Pending} of its {other.Counts.Files} files; run it with --resume");
        }

        HashSet<Shard> there = [.. manifests.Select(manifest => manifest.Shard)];
        foreach (Shard missing in Enumerable.Range(1, first.Shard.Count).Select(k => new Shard(k, first.Shard.Count)).Where(shard => !there.Contains(shard)))
        {
            int done = BatchJournal.Read(_folder, missing).Where(record => record.IsOk).DistinctBy(record => record.Path).Count();
            _faults.Add($"shard {missing} has not run, or was killed, or runs now ({done} of its files are journalled); run it with --resume");
        }
    }

    private void CheckNames(IEnumerable<ManifestFile> files)
    {
        HashSet<string> listed = [.. files.Where(file => file.Status == FileStatus.Ok).Select(file => file.Path)];
        foreach (string name in _folder.Names().Where(name => !listed.Contains(name)).Order(StringComparer.Ordinal))
            _faults.Add($"'{name}' is in the folder, but is no output of the job; remove it");
    }

    private void CheckOutput(ManifestFile file)
    {
        string place = _folder.PlaceOf(file.Path);
        if (file.Status != FileStatus.Ok)
            return;
        if (!File.Exists(place))
            _faults.Add($"'{file.Path}' is missing; run its shard with --resume");
        else if (Fingerprint.Of(place) != file.Output)
            _faults.Add($"'{file.Path}' has changed since it was written; run its shard with --resume");
    }
}
