using System.IO.Enumeration;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Files by name: one of them, a folder of them, or a pattern.</summary>
/// <remarks>
/// In a pattern, * stands for any part of a name, ? for one character, and ** as a whole part of the path for any number of
/// folders, none included. Names that begin with a dot are met only by a part that begins with one; links to folders are not followed by **.
/// </remarks>
internal static class FilePattern
{
    private const string AnyFolders = "**";
    private static readonly char[] Wild = ['*', '?'];
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    /// <summary>The files that a path stands for, in ordinal order; a path without wild cards that is no folder stands for itself.</summary>
    /// <param name="path">A file, a folder or a pattern.</param>
    /// <param name="inFolders">The pattern of the files taken from a folder.</param>
    /// <exception cref="DataFileException">The folder or the pattern has no file.</exception>
    public static IReadOnlyList<string> Expand(string path, string inFolders)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool isFolder = Directory.Exists(path);
        if (!isFolder && (File.Exists(path) || path.IndexOfAny(Wild) < 0))
        {
            return [path];
        }

        string[] files = isFolder ? Match(path, new[] { inFolders }).ToArray() : MatchPattern(path).ToArray();
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length > 0
            ? files
            : throw new DataFileException(path, isFolder ? $"the folder holds no {inFolders} files" : "no file matches; check the pattern and the folder it starts in");
    }

    private static IEnumerable<string> MatchPattern(string pattern)
    {
        // The folders before the first wild card are taken as they stand.
        int wild = pattern.IndexOfAny(Wild);
        int fixedLength = pattern.LastIndexOfAny(Separators, wild) + 1;
        string[] parts = pattern[fixedLength..].Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        return Match(pattern[..fixedLength], parts).Distinct(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Match(string folder, ReadOnlyMemory<string> parts)
    {
        string part = parts.Span[0];
        ReadOnlyMemory<string> rest = parts[1..];
        bool isAny = part == AnyFolders;
        if (isAny && rest.Length > 0)
        {
            foreach (string file in Match(folder, rest))
            {
                yield return file;
            }
        }

        if (!Directory.Exists(folder.Length == 0 ? "." : folder))
        {
            yield break;
        }

        IEnumerable<string> found = rest.Length > 0 || isAny
            ? Names(folder, isAny ? "*" : part, folders: true, followLinks: !isAny).SelectMany(name => Match(Path.Combine(folder, name), isAny ? parts : rest))
            : [];
        IEnumerable<string> files = rest.Length == 0 ? Names(folder, isAny ? "*" : part, folders: false, followLinks: true).Select(name => Path.Combine(folder, name)) : [];
        foreach (string file in found.Concat(files))
        {
            yield return file;
        }
    }

    private static IEnumerable<string> Names(string folder, string pattern, bool folders, bool followLinks)
    {
        var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        bool Fits(ref FileSystemEntry entry) =>
            entry.IsDirectory == folders
            && (followLinks || (entry.Attributes & FileAttributes.ReparsePoint) == 0)
            && (entry.FileName[0] != '.' || pattern[0] == '.')
            && FileSystemName.MatchesSimpleExpression(pattern, entry.FileName, ignoreCase: OperatingSystem.IsWindows());
        return new FileSystemEnumerable<string>(folder.Length == 0 ? "." : folder, (ref FileSystemEntry entry) => entry.FileName.ToString(), options)
        {
            ShouldIncludePredicate = Fits,
        };
    }
}
