using static Microsoft.ML.StateSpace.Tests.Oracles.LinearAlgebra;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Everything the Kalman filter and the Rauch-Tung-Striebel smoother say of one sequence.</summary>
/// <param name="LogLikelihoods">log p(x_t | x_{&lt;t}) in nats; 0 where nothing is observed.</param>
/// <param name="FilteredMeans">E[z_t | x_{1..t}].</param>
/// <param name="FilteredCovariances">Cov[z_t | x_{1..t}].</param>
/// <param name="SmoothedMeans">E[z_t | x_{1..T}].</param>
/// <param name="SmoothedCovariances">Cov[z_t | x_{1..T}].</param>
/// <param name="LagOneCovariances">Cov[z_t, z_{t-1} | x_{1..T}]; the entry of the first step is empty.</param>
internal sealed record KalmanResult(
    double[] LogLikelihoods,
    double[][] FilteredMeans,
    double[][,] FilteredCovariances,
    double[][] SmoothedMeans,
    double[][,] SmoothedCovariances,
    double[][,] LagOneCovariances)
{
    public double LogLikelihood => LogLikelihoods.Sum();

    /// <summary>The exact posterior of step t given its predecessor: z_t | z_{t-1}, x_{1..T} ~ N(G z_{t-1} + g, V); t > 0.</summary>
    public (double[,] Gain, double[] Offset, double[,] Covariance) PosteriorStep(int t)
    {
        double[,] gain = Transpose(Solve(SmoothedCovariances[t - 1], Transpose(LagOneCovariances[t])));
        double[] offset = Add(SmoothedMeans[t], Multiply(gain, SmoothedMeans[t - 1]), -1.0);
        double[,] covariance = Add(SmoothedCovariances[t], Multiply(gain, Transpose(LagOneCovariances[t])), -1.0);
        return (gain, offset, covariance);
    }
}

/// <summary>The exact answer for a linear-Gaussian system, with missing steps and missing dimensions.</summary>
internal static class KalmanOracle
{
    /// <summary>Filters and smooths one sequence.</summary>
    /// <param name="system">The system.</param>
    /// <param name="observations">Observations, <c>[step][dimension]</c>.</param>
    /// <param name="observed">Which of them count, <c>[step][dimension]</c>; null: all.</param>
    public static KalmanResult Run(LinearGaussianSystem system, double[][] observations, bool[][]? observed = null)
    {
        int steps = observations.Length;
        var predictedMeans = new double[steps][];
        var predictedCovariances = new double[steps][,];
        var means = new double[steps][];
        var covariances = new double[steps][,];
        var logLikelihoods = new double[steps];
        for (int t = 0; t < steps; t++)
        {
            (predictedMeans[t], predictedCovariances[t]) = t == 0
                ? (system.InitialMean, system.InitialCovariance)
                : Predict(system, means[t - 1], covariances[t - 1]);
            int[] seen = Seen(system.ObservationSize, observed?[t]);
            (means[t], covariances[t], logLikelihoods[t]) =
                Update(system, predictedMeans[t], predictedCovariances[t], observations[t], seen);
        }

        return Smooth(system, predictedMeans, predictedCovariances, means, covariances, logLikelihoods);
    }

    internal static int[] Seen(int size, bool[]? observed) =>
        [.. Enumerable.Range(0, size).Where(d => observed is null || observed[d])];

    private static (double[] Mean, double[,] Covariance) Predict(LinearGaussianSystem system, double[] mean, double[,] covariance) =>
        (Add(Multiply(system.Transition, mean), system.TransitionOffset),
         Add(Sandwich(system.Transition, covariance), system.TransitionCovariance));

    private static (double[] Mean, double[,] Covariance, double LogLikelihood) Update(
        LinearGaussianSystem system, double[] mean, double[,] covariance, double[] observation, int[] seen)
    {
        if (seen.Length == 0)
        {
            return (mean, covariance, 0.0);
        }

        double[,] emission = Select(system.Emission, seen, [.. Enumerable.Range(0, system.LatentSize)]);
        double[] predicted = Add(Multiply(system.Emission, mean), system.EmissionOffset);
        double[] error = [.. seen.Select(d => observation[d] - predicted[d])];
        double[,] innovation = Add(Sandwich(emission, covariance), Select(system.EmissionCovariance, seen, seen));
        double[,] gain = Transpose(Solve(innovation, Multiply(emission, covariance)));
        return (Add(mean, Multiply(gain, error)),
                Add(covariance, Multiply(gain, Multiply(emission, covariance)), -1.0),
                LogDensity(error, innovation));
    }

    private static KalmanResult Smooth(
        LinearGaussianSystem system,
        double[][] predictedMeans,
        double[][,] predictedCovariances,
        double[][] means,
        double[][,] covariances,
        double[] logLikelihoods)
    {
        int steps = means.Length;
        var smoothedMeans = (double[][])means.Clone();
        var smoothedCovariances = (double[][,])covariances.Clone();
        var lagOne = new double[steps][,];
        lagOne[0] = new double[0, 0];
        for (int t = steps - 2; t >= 0; t--)
        {
            double[,] gain = Transpose(Solve(predictedCovariances[t + 1], Multiply(system.Transition, covariances[t])));
            double[] correction = Add(smoothedMeans[t + 1], predictedMeans[t + 1], -1.0);
            double[,] shrinkage = Add(smoothedCovariances[t + 1], predictedCovariances[t + 1], -1.0);
            smoothedMeans[t] = Add(means[t], Multiply(gain, correction));
            smoothedCovariances[t] = Add(covariances[t], Sandwich(gain, shrinkage));
            lagOne[t + 1] = Multiply(smoothedCovariances[t + 1], Transpose(gain));
        }

        return new KalmanResult(logLikelihoods, means, covariances, smoothedMeans, smoothedCovariances, lagOne);
    }
}
