using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Where the fitting of a <see cref="SeasonalSystem"/> begins: harmonics by least squares, and for what they leave over the linear
/// combinations of the past that tell most of the future (canonical variates, Larimore 1990).</summary>
/// <remarks>From one standardised sequence; missing values stand at the last known one. All in float64.</remarks>
internal static class SubspaceStart
{
    private const int Lags = 8;

    // Of the standardised data: what a regression explains wholly is not believed.
    private const double LeastVariance = 1e-3;

    private const double Ridge = 1e-6;

    /// <summary>Parameters with p(z_1) of unit variance in the free part and of a season of any phase.</summary>
    /// <param name="system">Their form.</param>
    /// <param name="sequence">A long standardised sequence.</param>
    public static LinearGaussianParameters Of(SeasonalSystem system, Sequence sequence)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var data = Filled(sequence);
        int size = system.LatentSize, controls = sequence.Inputs.ControlSize, lags = Math.Max(Lags, system.Free / sequence.ObservationSize + 1);
        var (season, rest) = Season(system, sequence, data);
        var (transition, noise, emission, variance) = data.shape[0] > 8L * lags
            ? Variates(rest, system.Free, lags) : Simple(rest, system.Free);
        var half = full([size - system.Free], 0.5, ScalarType.Float64).diag_embed();
        return new LinearGaussianParameters(
            zeros([size], ScalarType.Float64),
            SeasonalSystem.Blocks(eye(system.Free, dtype: ScalarType.Float64), half),
            SeasonalSystem.Blocks(transition, system.Rotation()),
            zeros([size], ScalarType.Float64),
            SeasonalSystem.Blocks(noise, full([size - system.Free], 1e-4, ScalarType.Float64).diag_embed()),
            cat([emission, season], 1), data.mean([0]), variance,
            controls == 0 ? null : zeros([size, controls], ScalarType.Float64)).Own().MoveToOuterDisposeScope();
    }

    private static Tensor Filled(Sequence sequence)
    {
        int size = sequence.ObservationSize;
        var values = new double[sequence.Length * size];
        for (int i = 0; i < values.Length; i++)
            values[i] = sequence.IsObserved(i / size, i % size) ? sequence.Observations[i] : i < size ? 0 : values[i - size];
        return tensor(values, [sequence.Length, size]);
    }

    // a cos ωt + b sin ωt is read off a pair that turns as (cos ωt, −sin ωt) by (a, −b).
    private static (Tensor Weights, Tensor Remainder) Season(SeasonalSystem system, Sequence sequence, Tensor data)
    {
        var centred = data - data.mean([0]);
        int pairs = system.Frequencies.Count;
        var turning = new double[sequence.Length * 2 * pairs];
        for (int t = 0; t < sequence.Length; t++)
            for (int k = 0; k < pairs; k++)
            {
                var (sin, cos) = Math.SinCos(2 * Math.PI * system.Frequencies[k] * sequence.Inputs.StepNumber(t));
                (turning[(t * pairs + k) * 2], turning[(t * pairs + k) * 2 + 1]) = (cos, -sin);
            }
        var regressors = tensor(turning, [sequence.Length, 2 * pairs]);
        var weights = pairs == 0 ? zeros([data.shape[1], 0], ScalarType.Float64) : Regression(centred, regressors);
        return (weights, centred - regressors.matmul(weights.Transposed()));
    }

    private static (Tensor Transition, Tensor Noise, Tensor Emission, Tensor Variance) Variates(Tensor rest, int free, int lags)
    {
        long steps = rest.shape[0], count = steps - 2 * lags + 1;
        var past = cat([.. Enumerable.Range(0, lags).Select(l => rest.narrow(0, lags - 1 - l, steps - lags + 1))], 1);
        var seen = past.narrow(0, 0, count);
        var future = cat([.. Enumerable.Range(0, lags).Select(l => rest.narrow(0, lags + l, count))], 1);
        Tensor fromPast = Factor(seen), fromFuture = Factor(future);
        var cross = future.Transposed().matmul(seen) / count;
        // fromFuture⁻¹ Σ fromPast⁻ᵀ
        var coherence = linalg.solve_triangular(fromPast, linalg.solve_triangular(fromFuture, cross, upper: false).Transposed(), upper: false).Transposed();
        var (_, _, directions) = linalg.svd(coherence, fullMatrices: false);
        var states = linalg.solve_triangular(fromPast, past.Transposed(), upper: false).Transposed().matmul(directions.narrow(0, 0, free).Transposed());
        Tensor before = states.narrow(0, 0, states.shape[0] - 1), after = states.narrow(0, 1, states.shape[0] - 1);
        var transition = Regression(after, before);
        var error = after - before.matmul(transition.Transposed());
        var noise = error.Transposed().matmul(error) / error.shape[0] + LeastVariance * eye(free, dtype: ScalarType.Float64);
        var now = rest.narrow(0, lags - 1, steps - lags + 1);
        var emission = Regression(now, states);
        var variance = (now - states.matmul(emission.Transposed())).square().mean([0]).clamp_min(LeastVariance);
        return (transition, noise, emission, variance);
    }

    // Too short for more: states that forget slowly, read by every dimension in another way.
    private static (Tensor Transition, Tensor Noise, Tensor Emission, Tensor Variance) Simple(Tensor rest, int free)
    {
        int size = (int)rest.shape[1];
        double[] weights = [.. Enumerable.Range(0, size * free).Select(i => 0.5 * Math.Cos(i / free + 2 * (i % free)))];
        var unit = eye(free, dtype: ScalarType.Float64);
        return (0.9 * unit, 0.19 * unit, tensor(weights, [size, free]), rest.square().mean([0]).clamp_min(0.1));
    }

    private static Tensor Factor(Tensor rows)
    {
        var covariance = rows.Transposed().matmul(rows) / rows.shape[0];
        return (covariance + Ridge * eye(covariance.shape[0], dtype: ScalarType.Float64)).Cholesky("covariance of the lagged training data");
    }

    // Weights [y, x] of y on x, both [row, ·].
    private static Tensor Regression(Tensor y, Tensor x) =>
        y.Transposed().matmul(x).matmul(linalg.pinv(x.Transposed().matmul(x), hermitian: true));
}
