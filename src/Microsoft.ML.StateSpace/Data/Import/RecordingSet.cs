using System.IO.Compression;

namespace Microsoft.ML.StateSpace.Data.Import;

/// <summary>One file of a set, which is a sequence.</summary>
/// <param name="Id">Its path within the set, without ending: the sequence's id.</param>
/// <param name="Name">The name that faults are told with.</param>
/// <param name="Read">Reads its bytes.</param>
internal sealed record Recording(string Id, string Name, Func<byte[]> Read);

/// <summary>The files of one kind in a folder and its subfolders, in a zip, or a single file; in the order of their names.</summary>
/// <remarks>
/// Nothing is unpacked onto the disk. A zip's entries are bounded in number and in size, an entry is held against the size and
/// the checksum that the zip claims for it, and one whose path leads out of the zip is refused.
/// </remarks>
internal sealed class RecordingSet : IDisposable
{
    private const int MostEntries = 1 << 20;
    private const long MostBytesTogether = 1L << 36;
    private readonly ZipArchive? _zip;

    private RecordingSet(IEnumerable<Recording> recordings, string path, IReadOnlyList<string> endings, ZipArchive? zip = null)
    {
        Recordings = [.. recordings.OrderBy(recording => recording.Id, StringComparer.Ordinal)];
        _zip = zip;
        string? twice = Recordings.GroupBy(recording => recording.Id).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (Recordings.Count == 0 || twice is not null)
        {
            throw new DataFileException(path, twice is null ? $"it holds no {string.Join(" or ", endings)} files" : $"it holds '{twice}' twice; rename one");
        }
    }

    /// <summary>The recordings; at least one.</summary>
    public IReadOnlyList<Recording> Recordings { get; }

    /// <summary>Opens a single file, a folder or a zip.</summary>
    /// <param name="path">The file, folder or zip.</param>
    /// <param name="endings">The endings of the files that count, as ".wav".</param>
    /// <param name="mostBytes">The bytes that one of them may have.</param>
    /// <exception cref="DataFileException">It cannot be read, holds no such files, or is a zip that is not to be trusted.</exception>
    public static RecordingSet Open(string path, IReadOnlyList<string> endings, int mostBytes)
    {
        if (Directory.Exists(path))
        {
            return new RecordingSet(FilesOf(path, endings).Select(file => new Recording(
                IdOf(Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '/')), file, () => BoundedFile.Read(file, mostBytes))), path, endings);
        }

        return IsZip(path)
            ? OpenZip(path, endings, mostBytes)
            : new RecordingSet([new Recording(IdOf(Path.GetFileName(path)), path, () => BoundedFile.Read(path, mostBytes))], path, endings);
    }

    /// <summary>Whether a folder or a zip has files of one of these endings.</summary>
    /// <exception cref="DataFileException">It cannot be read.</exception>
    public static bool Has(string path, IReadOnlyList<string> endings)
    {
        if (Directory.Exists(path))
        {
            return FilesOf(path, endings).Any();
        }

        using ZipArchive zip = Unzip(path);
        return zip.Entries.Any(entry => HasEnding(entry.Name, endings));
    }

    /// <summary>Whether a file begins as a zip does.</summary>
    public static bool IsZip(string path)
    {
        Span<byte> head = stackalloc byte[4];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4 && head.SequenceEqual("PK\x03\x04"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _zip?.Dispose();

    private static string IdOf(string name) => Path.ChangeExtension(name, null);

    private static bool HasEnding(string name, IReadOnlyList<string> endings) =>
        endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> FilesOf(string folder, IReadOnlyList<string> endings) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => HasEnding(file, endings));

    private static ZipArchive Unzip(string path)
    {
        try
        {
            return ZipFile.OpenRead(path);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new DataFileException(path, $"it cannot be read as a zip ({e.Message}); fetch it again", inner: e);
        }
    }

    private static RecordingSet OpenZip(string path, IReadOnlyList<string> endings, int mostBytes)
    {
        ZipArchive zip = Unzip(path);
        try
        {
            if (zip.Entries.Count > MostEntries || zip.Entries.Sum(entry => Math.Max(0, entry.Length)) > MostBytesTogether)
            {
                throw new DataFileException(path, $"it has more than {MostEntries} entries or {MostBytesTogether} bytes; split it");
            }

            return new RecordingSet(
                zip.Entries
                    .Where(entry => HasEnding(entry.Name, endings))
                    .Select(entry => new Recording(IdOf(Trusted(path, entry)), $"{path}/{entry.FullName}", () => ReadEntry(path, entry, mostBytes))),
                path, endings, zip);
        }
        catch (DataFileException)
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>An entry's path, which must stay within the zip: ids become file names further on.</summary>
    private static string Trusted(string path, ZipArchiveEntry entry)
    {
        string[] parts = entry.FullName.Split('/', '\\');
        return parts.Contains("..") || parts[0].Length == 0 || parts[0].Contains(':')
            ? throw new DataFileException(path, $"the entry '{entry.FullName}' leads out of the zip; pack it again")
            : string.Join('/', parts);
    }

    private static byte[] ReadEntry(string path, ZipArchiveEntry entry, int mostBytes)
    {
        string name = $"{path}/{entry.FullName}";
        try
        {
            using Stream stream = entry.Open();
            byte[] bytes = BoundedFile.Read(stream, name, entry.Length, mostBytes);
            return Crc32.Of(bytes) == entry.Crc32
                ? bytes
                : throw new DataFileException(name, "a checksum does not fit the data; fetch the zip again");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new DataFileException(name, $"it cannot be unpacked ({e.Message}); fetch the zip again", inner: e);
        }
    }
}
