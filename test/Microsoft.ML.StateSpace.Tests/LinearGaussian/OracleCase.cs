using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;
using LinearGaussianSystem = Microsoft.ML.StateSpace.LinearGaussian.LinearGaussianSystem;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

/// <summary>A ragged batch of a small system, for the library and, row by row, for the oracles.</summary>
internal sealed class OracleCase
{
    public OracleCase(double missing, int count = 6, int longest = 7, OracleSystem? oracle = null)
    {
        Oracle = oracle ?? OracleSystem.TwoByThree();
        Sequences = RandomSequences.Make(count, Oracle.ObservationSize, longest, missing);
        Batch = SequenceBatch.Create(Sequences, type: ScalarType.Float64);
    }

    public OracleSystem Oracle { get; }

    public List<Sequence> Sequences { get; }

    public SequenceBatch Batch { get; }

    public LinearGaussianSystem System => SystemOf(Oracle);

    public static LinearGaussianSystem SystemOf(OracleSystem system) => LinearGaussianSystem.Constant(
        new GaussianMoments(tensor(system.InitialMean), Matrix(system.InitialCovariance)),
        new AffineGaussian(Matrix(system.Transition), tensor(system.TransitionOffset), Matrix(system.TransitionCovariance)),
        new AffineGaussian(Matrix(system.Emission), tensor(system.EmissionOffset), Matrix(system.EmissionCovariance)));

    public static Tensor Matrix(double[,] values) => tensor(values.Cast<double>().ToArray(), [values.GetLength(0), values.GetLength(1)]);

    /// <summary>The observations of row <paramref name="row"/> of the batch.</summary>
    public (double[][] Values, bool[][] Observed) Row(int row)
    {
        var sequence = Sequences[Batch.Order[row]];
        int size = sequence.ObservationSize;
        var steps = Enumerable.Range(0, sequence.Length);
        return ([.. steps.Select(t => Enumerable.Range(0, size).Select(d => (double)sequence.Observations[t * size + d]).ToArray())],
            [.. steps.Select(t => Enumerable.Range(0, size).Select(d => sequence.IsObserved(t, d)).ToArray())]);
    }

    public KalmanResult Kalman(int row)
    {
        var (values, observed) = Row(row);
        return KalmanOracle.Run(Oracle, values, observed);
    }

    /// <summary>Every (row, step) of the batch, with its packed place.</summary>
    public IEnumerable<(int Row, int Step, long Place)> Places() =>
        from t in Enumerable.Range(0, Batch.Steps)
        from b in Enumerable.Range(0, Batch.Active[t])
        select (b, t, Batch.Offsets[t] + b);

    public static void AssertEqual(double[] expected, Tensor actual, double tolerance, string place) =>
        AssertEqual(tensor(expected), actual, tolerance, place);

    public static void AssertEqual(double[,] expected, Tensor actual, double tolerance, string place) =>
        AssertEqual(Matrix(expected), actual, tolerance, place);

    public static void AssertEqual(Tensor expected, Tensor actual, double tolerance, string place)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape, place);
        Assert.AreEqual(0, (expected - actual).abs().max().item<double>(), tolerance, place);
    }
}
