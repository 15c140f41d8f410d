namespace Microsoft.ML.StateSpace.Data;

/// <summary>Where the bytes of a Parquet file come from.</summary>
/// <param name="Name">What messages call it: the path.</param>
/// <param name="Open">Opens it, anew for every reader.</param>
internal sealed record ParquetSource(string Name, Func<Stream> Open)
{
    private const int BufferSize = 1 << 16;

    /// <summary>A file on disk.</summary>
    public static ParquetSource OfFile(string path) =>
        new(path, () => new PromptFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, FileOptions.RandomAccess)));
}
