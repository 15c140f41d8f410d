using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tests.Oracles;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

/// <summary>The reference programs' toy set: its exact likelihood is what their deep Markov model's bound comes near.</summary>
[TestClass]
public class ToySetTests
{
    [TestMethod]
    public void TheExactLikelihoodIsThePublishedBound()
    {
        SyntheticDataSet data = SyntheticSystems.Generate("dmm-toy");
        double[,] w = data.System.LinearTransition!.Matrix;
        var system = new LinearGaussianSystem
        {
            InitialMean = new double[3],
            InitialCovariance = Diagonal(1),
            // z_t = z_{t−1} W with row vectors.
            Transition = new[,] { { w[0, 0], w[1, 0], w[2, 0] }, { w[0, 1], w[1, 1], w[2, 1] }, { w[0, 2], w[1, 2], w[2, 2] } },
            TransitionOffset = new double[3],
            TransitionCovariance = Diagonal(1e-12),
            Emission = Diagonal(1),
            EmissionOffset = new double[3],
            EmissionCovariance = Diagonal(data.System.ObservationVariance),
        };
        const int Sequences = 4000;
        double sum = 0;
        for (int i = 0; i < Sequences; i++)
            sum += KalmanOracle.Run(system, [.. data.Train.ObservationsOf(i).ToArray().Chunk(3)]).LogLikelihood;
        // In expectation 8.4249, the entropy of ten steps' joint Gaussian; the draw's standard error is 0.006.
        Assert.AreEqual(8.4249, -sum / (Sequences * data.Train.Steps), 0.02);
    }

    private static double[,] Diagonal(double value) => new[,] { { value, 0, 0 }, { 0, value, 0 }, { 0, 0, value } };
}
