namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>How to compare.</summary>
/// <param name="Rounds">Rounds that count, after one that does not.</param>
/// <param name="Python">A Python with torch and numpy; null: none.</param>
/// <param name="Cases">The cases to run; null: all.</param>
internal sealed record PeerOptions(int Rounds, string? Python, IReadOnlyCollection<string>? Cases);

/// <summary>This library beside PyTorch programs of the same models, and beside the matrix products alone.</summary>
internal static class PeerComparisons
{
    /// <summary>Runs the cases.</summary>
    public static object Run(ChoraleData data, PeerOptions options)
    {
        string? fault = options.Python is null ? "no Python was named" : PythonPeer.FaultOf(options.Python);
        if (fault is not null)
            Console.WriteLine($"peers      no PyTorch programs ({options.Python}): {fault}");
        if (!Blas.IsThere)
            Console.WriteLine("peers      no GEMM floor: there is no libblas.so.3");
        var usable = options with { Python = fault is null ? options.Python : null };
        string folder = Directory.CreateTempSubdirectory("statespace-peers-").FullName;
        try
        {
            return new
            {
                benchmark = "peers",
                data = data.Source,
                missingPeers = fault,
                comparisons = TrainingCases.All.Where(c => options.Cases?.Contains(c.Key) ?? true).Select(c => c.Run(data, usable, folder)).ToArray(),
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
