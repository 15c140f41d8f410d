using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

[TestClass]
public class LinearGaussianForecastTests
{
    private const int Horizon = 4;

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.4)]
    public void IsWhatTheJointGaussianSaysOfStepsThatAreMissing(double missing)
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing);
        var system = example.System;
        var filter = KalmanFilter.Run(system, example.Batch);
        var forecast = LinearGaussianForecast.Run(filter.Filtered.Last(), Horizon, system.Transition, system.Emission);
        for (int b = 0; b < example.Batch.Count; b++)
        {
            var (values, observed) = example.Row(b);
            int steps = values.Length;
            double[][] later = [.. Enumerable.Repeat(new double[3], Horizon)];
            bool[][] unseen = [.. Enumerable.Repeat(new bool[3], Horizon)];
            var (_, mean, covariance) = new DenseGaussianOracle(example.Oracle, steps + Horizon).Condition([.. values, .. later], [.. observed, .. unseen]);
            for (int h = 0; h < Horizon; h++)
            {
                int[] entries = [2 * (steps + h), 2 * (steps + h) + 1];
                double[] z = [.. entries.Select(i => mean[i])];
                double[,] p = LinearAlgebra.Select(covariance, entries, entries);
                OracleCase.AssertEqual(z, forecast.Latent[b][h], 1e-9, "latent");
                OracleCase.AssertEqual(p, forecast.LatentCovariance[b][h], 1e-9, "latent covariance");
                OracleCase.AssertEqual(LinearAlgebra.Add(LinearAlgebra.Multiply(example.Oracle.Emission, z), example.Oracle.EmissionOffset),
                    forecast.Mean[b][h], 1e-9, "mean");
                OracleCase.AssertEqual(LinearAlgebra.Add(LinearAlgebra.Sandwich(example.Oracle.Emission, p), example.Oracle.EmissionCovariance),
                    forecast.Covariance[b][h], 1e-9, "covariance");
            }
        }
    }

    [TestMethod]
    public void ControlsMoveTheMeanOnly()
    {
        using var scope = NewDisposeScope();
        var one = ones([1, 1], ScalarType.Float64);
        var last = new GaussianMoments(tensor(new[] { 1.0, 2.0 }, [2, 1]), one);
        var emission = new AffineGaussian(2 * one, zeros([1], ScalarType.Float64), one);
        var forecast = LinearGaussianForecast.Run(last, 2,
            h => new(0.5 * one, tensor(new[] { 10.0 + h, 20.0 + h }, [2, 1]), one), _ => emission);
        OracleCase.AssertEqual(tensor(new[] { 21.0, 32.5, 42.0, 63.0 }, [2, 2, 1]), forecast.Mean, 1e-12, "mean");
        OracleCase.AssertEqual(tensor(new[] { 6.0, 6.25, 6.0, 6.25 }, [2, 2, 1, 1]), forecast.Covariance, 1e-12, "covariance");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => LinearGaussianForecast.Run(last, 0, _ => emission, _ => emission));
    }
}
