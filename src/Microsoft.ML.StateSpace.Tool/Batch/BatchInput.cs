using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>A file to score.</summary>
/// <param name="Path">The file, as it was found.</param>
/// <param name="Name">Its path below the folder that it was looked for in, '/' between the parts: also the place of its scores below the output folder.</param>
internal sealed record BatchInput(string Path, string Name)
{
    private const string InFolders = "*.parquet";
    private static readonly char[] Wild = ['*', '?'];
    private static readonly char[] Separators = ['/', System.IO.Path.DirectorySeparatorChar];

    /// <summary>Whether a path is the name of one file, neither a folder nor a pattern.</summary>
    public static bool IsOneFile(string path) => !Directory.Exists(path) && FixedPart(path) is null;

    /// <summary>The files that paths, folders and patterns stand for, by the ordinal order of their names.</summary>
    /// <exception cref="DataFileException">A folder or a pattern has no file.</exception>
    /// <exception cref="FileNotFoundException">There is no file of that name.</exception>
    /// <exception cref="UsageException">Two files would have one output, or an input lies in the output folder.</exception>
    public static IReadOnlyList<BatchInput> Find(IEnumerable<string> paths, OutputFolder output)
    {
        BatchInput[] found = [.. paths.SelectMany(Expand).Distinct().OrderBy(input => input.Name, StringComparer.Ordinal)];
        for (int i = 1; i < found.Length; i++)
        {
            if (found[i].Name == found[i - 1].Name)
            {
                throw new UsageException($"the scores of '{found[i - 1].Path}' and of '{found[i].Path}' would both be '{found[i].Name}' in the output folder; "
                    + "give a folder or a pattern above both, so that they differ, or run twice");
            }
        }

        if (found.FirstOrDefault(input => output.Holds(input.Path)) is { } inside)
            throw new UsageException($"'{inside.Path}' lies in the output folder '{output.Root}'; choose another one, so that no input is overwritten and no output scored");
        return found;
    }

    private static IEnumerable<BatchInput> Expand(string path)
    {
        string? folder = Directory.Exists(path) ? path : FixedPart(path);
        if (folder is null && !File.Exists(path))
            throw new FileNotFoundException($"there is no file '{path}'", path);
        return FilePattern.Expand(path, InFolders).Select(file =>
            new BatchInput(file, folder is null ? System.IO.Path.GetFileName(file) : Below(folder, file)));
    }

    private static string Below(string folder, string file) =>
        System.IO.Path.GetRelativePath(folder.Length == 0 ? "." : folder, file).Replace(System.IO.Path.DirectorySeparatorChar, '/');

    /// <summary>The folder that a pattern begins with; null when the path is none.</summary>
    private static string? FixedPart(string path)
    {
        int wild = path.IndexOfAny(Wild);
        return wild < 0 || File.Exists(path) ? null : path[..(path.LastIndexOfAny(Separators, wild) + 1)];
    }
}
