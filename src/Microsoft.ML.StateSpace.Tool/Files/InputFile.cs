namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>Files that a command reads.</summary>
internal static class InputFile
{
    /// <summary>The path, when there is a file.</summary>
    /// <exception cref="FileNotFoundException">There is none; the message names it.</exception>
    /// <exception cref="InvalidDataException">It is a directory, or empty.</exception>
    public static string Require(string path)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"'{path}' is a directory, a file is expected");
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new FileNotFoundException($"there is no file '{path}'", path);
        return file.Length > 0 ? path : throw new InvalidDataException($"'{path}' is empty");
    }
}
