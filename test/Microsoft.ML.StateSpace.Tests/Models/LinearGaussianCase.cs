using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.Models;

/// <summary>A linear-Gaussian model of three latents and two observed numbers with drawn parameters, in float64.</summary>
internal static class LinearGaussianCase
{
    public const int LatentSize = 3, ObservationSize = 2;

    public static LinearGaussianModule Make(bool diagonal = false, int controls = 0, ulong seed = 1, ScalarType type = ScalarType.Float64)
    {
        var module = new LinearGaussianModule(new LinearGaussianModel { LatentSize = LatentSize, DiagonalCovariances = diagonal, Controls = controls > 0 },
            new DataShape(ObservationSize, controls), new Initializer(1));
        module.to(type);
        module.Set(Parameters(diagonal, controls, seed).To(type));
        return module;
    }

    public static LinearGaussianParameters Parameters(bool diagonal = false, int controls = 0, ulong seed = 1)
    {
        var generator = new Generator(seed);
        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
        Tensor Covariance(double scale)
        {
            var root = Normal(LatentSize, LatentSize);
            var full = scale * (root.matmul(root.t()) / LatentSize + 0.4 * eye(LatentSize, dtype: ScalarType.Float64));
            return diagonal ? full.diagonal().diag_embed() : full;
        }
        return new(Normal(LatentSize), Covariance(1), 0.4 * Normal(LatentSize, LatentSize) + 0.4 * eye(LatentSize, dtype: ScalarType.Float64),
            0.2 * Normal(LatentSize), Covariance(0.5), Normal(ObservationSize, LatentSize), Normal(ObservationSize),
            tensor(new[] { 0.4, 0.9 }), controls == 0 ? null : Normal(LatentSize, controls));
    }

    public static OracleSystem Oracle(LinearGaussianParameters p) => new()
    {
        InitialMean = Numbers(p.InitialMean),
        InitialCovariance = Matrix(p.InitialCovariance),
        Transition = Matrix(p.Transition),
        TransitionOffset = Numbers(p.TransitionOffset),
        TransitionCovariance = Matrix(p.TransitionCovariance),
        Emission = Matrix(p.Emission),
        EmissionOffset = Numbers(p.EmissionOffset),
        EmissionCovariance = Matrix(p.EmissionVariance.diag_embed()),
    };

    /// <summary>Ragged sequences of two numbers, some missing, with controls that reach <paramref name="horizon"/> steps further.</summary>
    public static List<Sequence> Sequences(double missing, int controls = 0, int horizon = 0, int count = 6, int longest = 9)
    {
        var random = new Random(8);
        return [.. RandomSequences.Make(count, ObservationSize, longest, missing).Select(s => new Sequence(s.ObservationSize, s.Observations,
            id: s.Id, inputs: controls == 0 ? SequenceInputs.None : new SequenceInputs(controls,
                Enumerable.Range(0, (s.Steps + horizon) * controls).Select(_ => (float)(2 * random.NextDouble() - 1)).ToArray())))];
    }

    /// <summary>A sequence's observations and which of them count, step by step.</summary>
    public static (double[][] Values, bool[][] Observed) Rows(Sequence sequence) => (
        [.. Enumerable.Range(0, sequence.Length).Select(t => Enumerable.Range(0, sequence.ObservationSize)
            .Select(d => sequence.IsObserved(t, d) ? (double)sequence.Observations[t * sequence.ObservationSize + d] : 0).ToArray())],
        [.. Enumerable.Range(0, sequence.Length).Select(t => Enumerable.Range(0, sequence.ObservationSize).Select(d => sequence.IsObserved(t, d)).ToArray())]);

    public static StateSpaceNetworks Networks(GenerativeModule model, Direction direction = Direction.Backward)
    {
        var exact = new ExactInference { Direction = direction };
        var initializer = new Initializer(1);
        return new(model, exact.Create(model, false, initializer), exact.UsesFuture ? exact.FilteringForm!.Create(model, false, initializer) : null);
    }

    private static double[] Numbers(Tensor tensor) => tensor.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();

    private static double[,] Matrix(Tensor tensor)
    {
        double[] flat = Numbers(tensor);
        var result = new double[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(flat, 0, result, 0, flat.Length * sizeof(double));
        return result;
    }
}
