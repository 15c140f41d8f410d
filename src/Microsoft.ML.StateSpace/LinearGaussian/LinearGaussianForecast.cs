using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>The exact distribution of what follows the observations, one step at a time.</summary>
/// <param name="Latent">E[z_{T+h}], [B, H, Z].</param>
/// <param name="LatentCovariance">Cov[z_{T+h}], [B, H, Z, Z].</param>
/// <param name="Mean">E[x_{T+h}], [B, H, D].</param>
/// <param name="Covariance">Cov[x_{T+h}], noise of the emission included, [B, H, D, D].</param>
public sealed record LinearGaussianForecast(Tensor Latent, Tensor LatentCovariance, Tensor Mean, Tensor Covariance)
{
    /// <summary>Forecasts every sequence from its own last state.</summary>
    /// <param name="last">p(z_T | x) of each sequence, mean [B, Z]: <see cref="GaussianPath.Last"/> of the filtered states.</param>
    /// <param name="steps">H, at least 1.</param>
    /// <param name="transition">p(z_{T+h} | z_{T+h−1}) of h counted from 0, offsets by control included; rows: all B.</param>
    /// <param name="emission">p(x_{T+h} | z_{T+h}) of h counted from 0; rows: all B.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one step.</exception>
    public static LinearGaussianForecast Run(GaussianMoments last, int steps, Func<int, AffineGaussian> transition,
        Func<int, AffineGaussian> emission) => Run(last, steps, (h, _) => transition(h), (h, _) => emission(h));

    internal static LinearGaussianForecast Run(GaussianMoments last, int steps, Linearization transition, Linearization emission)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        using var scope = NewDisposeScope();
        var latents = new GaussianMoments[steps];
        var observations = new GaussianMoments[steps];
        for (int h = 0; h < steps; h++)
        {
            var before = h == 0 ? last : latents[h - 1];
            latents[h] = transition(h, before).Marginal(before);
            observations[h] = emission(h, latents[h]).Marginal(latents[h]);
        }
        return new(Means(latents), Covariances(latents), Means(observations), Covariances(observations));
    }

    private static Tensor Means(GaussianMoments[] steps) => stack([.. steps.Select(s => s.Mean)], 1).MoveToOuterDisposeScope();

    private static Tensor Covariances(GaussianMoments[] steps) =>
        stack([.. steps.Select(s => s.Covariance.PerRow(s.Mean.shape[0]))], 1).MoveToOuterDisposeScope();
}
