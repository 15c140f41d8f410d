using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

[TestClass]
public class KalmanOracleTests
{
    private const int Steps = 6;

    [TestMethod]
    public void Synthetic9GivesTheGoldenNumbers()
    {
        SyntheticSplit train = SyntheticSystems.Generate("synthetic9").Train;
        LinearGaussianSystem system = LinearGaussianSystem.Synthetic9();
        double logLikelihood = 0, squaredError = 0;
        for (int n = 0; n < train.Sequences; n++)
        {
            double[][] observations = [.. train.ObservationsOf(n).ToArray().Select(x => new[] { x })];
            double[] latents = train.LatentsOf(n).ToArray();
            KalmanResult result = KalmanOracle.Run(system, observations);
            logLikelihood += result.LogLikelihood;
            squaredError += result.SmoothedMeans.Zip(latents, (mean, z) => (mean[0] - z) * (mean[0] - z)).Sum();
        }

        int total = train.Sequences * train.Steps;
        Assert.AreEqual(3.690351, Math.Sqrt(squaredError / total), 5e-7);

        // The published -3.0763123 was summed in single precision, whose spacing there is 2.4e-7.
        Assert.AreEqual(-3.0763123, logLikelihood / total, 6e-7);
        Assert.AreEqual(-3.07631277, logLikelihood / total, 5e-9);
    }

    [TestMethod]
    [DataRow("all")]
    [DataRow("steps")]
    [DataRow("dimensions")]
    [DataRow("first and last")]
    public void AgreesWithTheDenseJointGaussian(string missing)
    {
        LinearGaussianSystem system = LinearGaussianSystem.TwoByThree();
        double[][] observations = Observations();
        bool[][] observed = Observed(missing);
        KalmanResult kalman = KalmanOracle.Run(system, observations, observed);
        var dense = new DenseGaussianOracle(system, Steps);
        (double logLikelihood, double[] mean, double[,] covariance) = dense.Condition(observations, observed);

        Assert.AreEqual(logLikelihood, kalman.LogLikelihood, 1e-10);
        for (int t = 0; t < Steps; t++)
        {
            AssertBlock(mean, covariance, t, kalman.SmoothedMeans[t], kalman.SmoothedCovariances[t]);
            (double prefix, double[] filtered, double[,] filteredCovariance) =
                dense.Condition(observations[..(t + 1)], observed[..(t + 1)]);
            Assert.AreEqual(prefix, kalman.LogLikelihoods[..(t + 1)].Sum(), 1e-10);
            AssertBlock(filtered, filteredCovariance, t, kalman.FilteredMeans[t], kalman.FilteredCovariances[t]);
        }
    }

    [TestMethod]
    public void PosteriorStepsAreTheConditionalsOfTheDenseJoint()
    {
        LinearGaussianSystem system = LinearGaussianSystem.TwoByThree();
        double[][] observations = Observations();
        bool[][] observed = Observed("steps");
        KalmanResult kalman = KalmanOracle.Run(system, observations, observed);
        (_, _, double[,] covariance) = new DenseGaussianOracle(system, Steps).Condition(observations, observed);
        for (int t = 1; t < Steps; t++)
        {
            int[] now = [2 * t, 2 * t + 1];
            int[] before = [2 * t - 2, 2 * t - 1];
            double[,] cross = LinearAlgebra.Select(covariance, before, now);
            double[,] gain = LinearAlgebra.Transpose(LinearAlgebra.Solve(LinearAlgebra.Select(covariance, before, before), cross));
            (double[,] actual, double[] offset, double[,] conditional) = kalman.PosteriorStep(t);
            double[] mean = LinearAlgebra.Add(LinearAlgebra.Multiply(actual, kalman.SmoothedMeans[t - 1]), offset);
            double[,] expected = LinearAlgebra.Add(
                LinearAlgebra.Select(covariance, now, now), LinearAlgebra.Multiply(gain, cross), -1.0);
            for (int i = 0; i < 2; i++)
            {
                Assert.AreEqual(kalman.SmoothedMeans[t][i], mean[i], 1e-10);
                for (int j = 0; j < 2; j++)
                {
                    Assert.AreEqual(gain[i, j], actual[i, j], 1e-9);
                    Assert.AreEqual(expected[i, j], conditional[i, j], 1e-9);
                }
            }
        }
    }

    private static void AssertBlock(double[] mean, double[,] covariance, int step, double[] actualMean, double[,] actualCovariance)
    {
        for (int i = 0; i < 2; i++)
        {
            Assert.AreEqual(mean[2 * step + i], actualMean[i], 1e-10, $"step {step}");
            for (int j = 0; j < 2; j++)
            {
                Assert.AreEqual(covariance[2 * step + i, 2 * step + j], actualCovariance[i, j], 1e-10, $"step {step}");
            }
        }
    }

    private static double[][] Observations()
    {
        var random = new NumpyLegacyRandom(7);
        return [.. Enumerable.Range(0, Steps).Select(_ => new[] { random.NextGaussian(), random.NextGaussian(), random.NextGaussian() })];
    }

    private static bool[][] Observed(string missing) => [.. Enumerable.Range(0, Steps).Select(t => missing switch
    {
        "steps" => t is 2 or 3 ? new[] { false, false, false } : [true, true, true],
        "dimensions" => [t != 1, t % 2 == 0, t is not (3 or 4)],
        "first and last" => t is 0 or Steps - 1 ? [false, false, false] : [true, true, true],
        _ => [true, true, true],
    })];
}
