namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>
/// An output file that appears under its name only when it is complete. It is created at once beside its place, so that a
/// directory that cannot be written to is found out before the work and not after it.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private bool _committed;

    /// <summary>Prepares to write <paramref name="path"/>, making its directory where there is none.</summary>
    /// <exception cref="OutputException">The place cannot be written to.</exception>
    public PendingFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        TemporaryPath = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? ".", $".{System.IO.Path.GetFileName(Path)}.{Environment.ProcessId}.partial");
        MakePlaceFor(Path);
        Guard(Path, () =>
        {
            using FileStream created = File.Create(TemporaryPath);
        });
    }

    /// <summary>The place the file will have.</summary>
    public string Path { get; }

    /// <summary>Where to write it until then.</summary>
    public string TemporaryPath { get; }

    /// <summary>Writes the file by a function that is given the temporary path, and gives it its name.</summary>
    /// <exception cref="OutputException">The disk is full, or another failure of input and output.</exception>
    public void Commit(Action<string> write) => Guard(Path, () =>
    {
        write(TemporaryPath);
        File.Move(TemporaryPath, Path, overwrite: true);
        _committed = true;
    }, IsInputsFault);

    /// <summary>Removes what was not committed.</summary>
    public void Dispose()
    {
        if (!_committed)
            File.Delete(TemporaryPath);
    }

    /// <summary>Makes the folder of an output file.</summary>
    /// <exception cref="OutputException">It cannot be made, or the file's name is that of a directory.</exception>
    public static void MakePlaceFor(string path)
    {
        if (Directory.Exists(path))
            throw new OutputException($"cannot write '{path}': it is a directory; give the name of a file");
        Guard(path, () => Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? "."));
    }

    private static void Guard(string path, Action action, Func<Exception, bool>? isAnothersFault = null)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException && isAnothersFault?.Invoke(error) != true)
        {
            throw OutputException.Of(path, error);
        }
    }

    // A file that is read while this one is written may be missing or end too early.
    private static bool IsInputsFault(Exception error) => error is FileNotFoundException or EndOfStreamException;
}
