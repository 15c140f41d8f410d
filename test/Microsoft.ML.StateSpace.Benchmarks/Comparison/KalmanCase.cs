using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The Kalman filter and smoother of a linear-Gaussian model on a batch of noise, in float64, as in scoring.</summary>
internal static class KalmanCase
{
    /// <summary>The name to choose it by.</summary>
    public const string Key = "kalman";

    private const int Rows = 100, Steps = 200, Latent = 4, Size = 8;
    private const double Tolerance = 1e-8;

    // Of the batch in a round: once takes too short a time to measure.
    private const int Passes = 5;

    /// <summary>Measures it.</summary>
    /// <param name="options">Rounds, and the Python of the peer.</param>
    /// <param name="folder">Where the peer finds its files.</param>
    public static object Run(PeerOptions options, string folder)
    {
        using var scope = NewDisposeScope();
        var random = new Random(1);
        float[] Noise() => [.. Enumerable.Range(0, Steps * Size).Select(_ => random.NextSingle() - 0.5f)];
        List<Sequence> sequences = [.. Enumerable.Range(0, Rows).Select(i => new Sequence(Size, Noise(), id: $"row-{i}"))];
        using var batch = SequenceBatch.Create(sequences, options.Device, ScalarType.Float64);
        var parameters = Parameters(random, options.Device);
        var contenders = new List<IContender> { new LibraryKalman(parameters, batch, Passes) };
        try
        {
            if (options.Python is not null)
            {
                string data = Path.Combine(folder, "kalman");
                PeerFiles.Write(data, sequences, parameters.Named().ToDictionary(p => p.Name, p => p.Value.cpu()));
                string specification = PeerFiles.Specify(folder, new { program = "kalman", data, passes = Passes, seed = 1, device = $"{options.Device}" });
                contenders.Add(new PythonPeer("PyTorch", options.Python, specification));
            }
            string title = $"Kalman filter and smoother, {Rows} sequences, latent {Latent}, observation {Size}, {Passes} passes";
            return new Comparison(title, Tolerance).Run(contenders, options.Rounds);
        }
        finally
        {
            contenders.ForEach(c => c.Dispose());
        }
    }

    // A stable system that forgets slowly.
    private static LinearGaussianParameters Parameters(Random random, Device device)
    {
        Tensor Draw(params int[] shape)
        {
            double[] values = [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(_ => random.NextDouble() - 0.5)];
            return tensor(values, [.. shape.Select(size => (long)size)], device: device);
        }

        Tensor Unit(long size) => eye(size, dtype: ScalarType.Float64, device: device);
        return new(Draw(Latent), Unit(Latent), 0.9 * Unit(Latent) + 0.1 * Draw(Latent, Latent), Draw(Latent), 0.2 * Unit(Latent),
            Draw(Size, Latent), Draw(Size), ones([Size], ScalarType.Float64, device));
    }
}
