namespace Microsoft.ML.StateSpace.Data.Import;

/// <summary>Whole files in memory, up to a size.</summary>
internal static class BoundedFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="DataFileException">It cannot be read, or has more than <paramref name="most"/> bytes.</exception>
    public static byte[] Read(string path, int most)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(file, path, file.Length, most);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFileException(path, $"it cannot be read ({e.Message}); check the path and its permissions", inner: e);
        }
    }

    /// <summary>Reads a stream to its end, which must come after <paramref name="length"/> bytes.</summary>
    /// <param name="stream">What to read.</param>
    /// <param name="name">The name that faults are told with.</param>
    /// <param name="length">The bytes it claims to have.</param>
    /// <param name="most">The bytes it may have.</param>
    /// <exception cref="DataFileException">It is larger than allowed, or its end comes elsewhere.</exception>
    public static byte[] Read(Stream stream, string name, long length, int most)
    {
        if (length > most)
        {
            throw new DataFileException(name, $"it has {length} bytes, {most} are the most that are read; split it");
        }

        var bytes = new byte[length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length && stream.ReadByte() < 0
            ? bytes
            : throw new DataFileException(name, $"it claims {length} bytes and has {(read < bytes.Length ? $"{read}" : "more")}; fetch it again");
    }
}
