namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>Keeps two processes from working on one shard; the system lets go of it when a process ends, however it does.</summary>
internal sealed class ShardLock : IDisposable
{
    private readonly FileStream _file;

    /// <exception cref="OutputException">The shard is in work, or the folder cannot be written to.</exception>
    public ShardLock(OutputFolder folder, Shard shard)
    {
        string path = Path.Combine(folder.Manifests, $"{shard.FileName}.lock");
        try
        {
            Directory.CreateDirectory(folder.Manifests);
            // The file stays: removing it would let a third process lock another one of the same name.
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw OutputException.Of(path, error);
        }
        catch (IOException error)
        {
            throw new OutputException($"shard {shard} of '{folder.Root}' cannot be locked ({error.Message.TrimEnd('.')}): if another process works on it, let it end", error);
        }
    }

    public void Dispose() => _file.Dispose();
}
