using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>How to compare.</summary>
/// <param name="Rounds">Rounds that count, after one that does not.</param>
/// <param name="Python">A Python with torch and numpy; null: none.</param>
/// <param name="Cases">The cases to run; null: all.</param>
/// <param name="Device">Where library, peers and floor compute.</param>
/// <param name="BatchSize">Sequences of an update; null: as many as the case has.</param>
internal sealed record PeerOptions(int Rounds, string? Python, IReadOnlyCollection<string>? Cases, Device Device, int? BatchSize);

/// <summary>This library beside PyTorch programs of the same models, and beside the matrix products alone.</summary>
internal static class PeerComparisons
{
    private static readonly string[] s_keys = [.. TrainingCases.All.Select(c => c.Key), KalmanCase.Key];

    /// <summary>Runs the cases.</summary>
    /// <exception cref="ArgumentException">There is no case of a name.</exception>
    public static object Run(ChoraleData data, PeerOptions options)
    {
        if (options.Cases?.Except(s_keys).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"There is no case '{unknown}'; choose of {string.Join(", ", s_keys)}.", nameof(options));
        string? fault = options.Python is null ? "no Python was named" : PythonPeer.FaultOf(options.Python);
        if (fault is not null)
            Console.WriteLine($"peers      no PyTorch programs ({options.Python}): {fault}");
        if (!Blas.IsThere && options.Device.type == TorchSharp.DeviceType.CPU)
            Console.WriteLine("peers      no GEMM floor: there is no libblas.so.3");
        Console.WriteLine($"peers      {string.Join(", ", StateSpaceRuntime.Settings.Where(s => s.Value is not null).Select(s => $"{s.Name}={s.Value}"))}");
        var usable = options with { Python = fault is null ? options.Python : null };
        string folder = Directory.CreateTempSubdirectory("statespace-peers-").FullName;
        try
        {
            return new
            {
                benchmark = "peers",
                data = data.Source,
                settings = StateSpaceRuntime.Settings.ToDictionary(s => s.Name, s => s.Value),
                missingPeers = fault,
                comparisons = Cases(data, usable, folder).Where(c => options.Cases?.Contains(c.Key) ?? true).Select(c => c.Run()).ToArray(),
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(string Key, Func<object> Run)> Cases(ChoraleData data, PeerOptions options, string folder) =>
        TrainingCases.All.Select<TrainingCase, (string, Func<object>)>(c => (c.Key, () => c.Run(data, options, folder)))
            .Append((KalmanCase.Key, () => KalmanCase.Run(options, folder)));
}
