using System.Text.RegularExpressions;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>The folder that a job writes into: scores under their inputs' names, and what is known of them in <c>_manifest</c>.</summary>
internal sealed partial class OutputFolder
{
    private const string ManifestName = "_manifest";
    private static readonly StringComparison PathComparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private readonly string _fullRoot;
    private readonly string _realRoot;

    public OutputFolder(string path)
    {
        Root = path;
        _fullRoot = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _realRoot = RealPath(_fullRoot);
    }

    /// <summary>The folder, as it was given.</summary>
    public string Root { get; }

    /// <summary>Where manifests, journals and locks are.</summary>
    public string Manifests => Path.Combine(_fullRoot, ManifestName);

    /// <summary>Whether a file lies in this folder, links followed.</summary>
    public bool Holds(string path)
    {
        string folder = RealPath(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
        return folder.Equals(_realRoot, PathComparison) || folder.StartsWith(_realRoot + Path.DirectorySeparatorChar, PathComparison);
    }

    /// <summary>The place of an output below this folder.</summary>
    /// <param name="name">Its path below the folder, '/' between the parts.</param>
    /// <exception cref="InvalidDataException">It leads out of the folder, by its parts or by a link, or into <c>_manifest</c>.</exception>
    public string PlaceOf(string name)
    {
        string[] parts = name.Split('/');
        bool sound = !Path.IsPathRooted(name) && Array.TrueForAll(parts, IsName) && !parts[0].Equals(ManifestName, StringComparison.OrdinalIgnoreCase);
        string place = _fullRoot;
        for (int i = 0; sound && i < parts.Length; i++)
        {
            place = Path.Combine(place, parts[i]);
            sound = i == parts.Length - 1 || new DirectoryInfo(place).LinkTarget is null;
        }

        return sound ? place : throw new InvalidDataException($"'{name}' leads out of the output folder '{Root}', or into its {ManifestName}; rename the file, or remove the link");
    }

    /// <summary>Removes what killed runs left half-written beside these outputs, and in <c>_manifest</c> under a shard's name.</summary>
    /// <returns>The number of files removed.</returns>
    public int RemoveLeftovers(IEnumerable<string> names, Shard shard)
    {
        IEnumerable<string> own = names.Select(PlaceOf).Append(Path.Combine(Manifests, $"{shard.FileName}.json"));
        int removed = 0;
        foreach (IGrouping<string?, string> folder in own.GroupBy(Path.GetDirectoryName).Where(group => Directory.Exists(group.Key)))
        {
            HashSet<string> mine = [.. folder.Select(place => Path.GetFileName(place))];
            foreach (string file in Directory.GetFiles(folder.Key!, ".*"))
            {
                if (Leftover().Match(Path.GetFileName(file)) is { Success: true } match && mine.Contains(match.Groups["name"].Value))
                {
                    File.Delete(file);
                    removed++;
                }
            }
        }

        return removed;
    }

    /// <summary>The names of the files that are there, manifests left out, half-written ones included.</summary>
    public IEnumerable<string> Names() =>
        Directory.EnumerateFiles(_fullRoot, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(file => Path.GetRelativePath(_fullRoot, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(name => !name.StartsWith(ManifestName + "/", StringComparison.OrdinalIgnoreCase));

    private static bool IsName(string part) => part.Length > 0 && part is not ("." or "..") && part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0;

    private static string RealPath(string path)
    {
        string? parent = Path.GetDirectoryName(path);
        if (parent is null)
            return path;
        string place = Path.Combine(RealPath(parent), Path.GetFileName(path));
        return new DirectoryInfo(place) is { LinkTarget: not null } link ? RealPath(link.ResolveLinkTarget(returnFinalTarget: true)!.FullName) : place;
    }

    // As the Parquet writer and PendingFile call what they have not finished.
    [GeneratedRegex(@"^\.(?<name>.+)\.([0-9a-f]{32}\.tmp|[0-9]+\.partial)$")]
    private static partial Regex Leftover();
}
