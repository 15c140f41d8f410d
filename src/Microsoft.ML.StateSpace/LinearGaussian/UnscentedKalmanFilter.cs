using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>z_1 ~ N(m₀, P₀), z_t ~ N(f(z_{t−1}), Q(z_{t−1})), x_t ~ N(h(z_t), R(z_t)) with any f and h and diagonal Q and R.</summary>
/// <param name="Initial">p(z_1): mean [Z] or [row, Z], covariance [Z, Z] or [row, Z, Z].</param>
/// <param name="Transition">p(z_t | z_{t−1}) of step t ≥ 1, from 0, at points [point, row, Z]; variances broadcast.</param>
/// <param name="Emission">p(x_t | z_t) of step t, from 0, at points [point, row, Z]; variances broadcast.</param>
public sealed record NonlinearGaussianSystem(GaussianMoments Initial, Func<int, Tensor, DiagonalGaussian> Transition,
    Func<int, Tensor, DiagonalGaussian> Emission);

/// <summary>The unscented Kalman filter for additive noise (Julier and Uhlmann 1997), approximate unless f and h are affine.</summary>
/// <remarks>Noise that depends on the state counts with its mean over the points. <see cref="RtsSmoother"/> of what it returns
/// is the unscented smoother. The points are drawn anew after every prediction.</remarks>
public static class UnscentedKalmanFilter
{
    /// <summary>Filters a batch.</summary>
    /// <param name="system">The system.</param>
    /// <param name="batch">The observations; missing steps and dimensions as in <see cref="KalmanFilter"/>.</param>
    /// <param name="points">null: defaults.</param>
    /// <exception cref="ArgumentException">The points are not valid, or the emission does not fit the batch.</exception>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public static FilteredStates Run(NonlinearGaussianSystem system, SequenceBatch batch, SigmaPoints? points = null)
    {
        points ??= new();
        if (points.Validate().FirstOrDefault() is { } fault)
            throw new ArgumentException(fault, nameof(points));
        return KalmanFilter.Run(Recursion(system, points), batch);
    }

    internal static GaussianRecursion Recursion(NonlinearGaussianSystem system, SigmaPoints points) => new(system.Initial,
        (t, state) => points.Linearize(state, z => system.Transition(t, z), t),
        (t, state) => points.Linearize(state, z => system.Emission(t, z), t));

    /// <summary>What follows the observations, approximate as the filter is.</summary>
    /// <param name="system">The system of the steps to come: step h counted from 0.</param>
    /// <param name="last">p(z_T | x) of each sequence, mean [B, Z].</param>
    /// <param name="steps">H, at least 1.</param>
    /// <param name="points">null: defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one step.</exception>
    public static LinearGaussianForecast Forecast(NonlinearGaussianSystem system, GaussianMoments last, int steps, SigmaPoints? points = null)
    {
        points ??= new();
        return LinearGaussianForecast.Run(last, steps, (h, state) => points.Linearize(state, z => system.Transition(h, z), h),
            (h, state) => points.Linearize(state, z => system.Emission(h, z), h));
    }
}
