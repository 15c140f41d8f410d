using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Rolls filtered particles into the future.</summary>
internal static class Forecaster
{
    /// <summary>Mean and central interval of x_{T+1} … x_{T+H}, each [batch, H·D].</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="last">Equally weighted particles, [particle, batch, Z].</param>
    /// <param name="noise">Draws for the rows of the batch.</param>
    /// <param name="horizon">H.</param>
    /// <param name="confidence">Probability of the interval.</param>
    public static (Tensor Mean, Tensor Lower, Tensor Upper) Run(GenerativeModule model, Tensor last, NoiseSource noise, int horizon, double confidence)
    {
        using var scope = NewDisposeScope();
        int rows = (int)last.shape[1];
        var state = new ModelState(last);
        var (means, lower, upper) = (new Tensor[horizon], new Tensor[horizon], new Tensor[horizon]);
        for (int h = 0; h < horizon; h++)
        {
            using var stepScope = NewDisposeScope();
            state = model.Advance(state, model.Prior(state, rows).Sample(noise.Normal(rows, model.LatentSize)));
            means[h] = model.Emission.Mean(state.Latent).mean([0]).MoveToOtherDisposeScope(scope);
            var uniform = noise.Uniform(rows, (int)last.shape[0] * model.ObservationSize)
                .view(rows, last.shape[0], model.ObservationSize).transpose(0, 1);
            var (sorted, _) = model.Emission.Sample(state.Latent, uniform).sort(0);
            lower[h] = Quantile(sorted, (1 - confidence) / 2).MoveToOtherDisposeScope(scope);
            upper[h] = Quantile(sorted, (1 + confidence) / 2).MoveToOtherDisposeScope(scope);
            state.Latent.MoveToOtherDisposeScope(scope);
        }
        return (cat(means, -1).MoveToOuterDisposeScope(), cat(lower, -1).MoveToOuterDisposeScope(), cat(upper, -1).MoveToOuterDisposeScope());
    }

    // Linear between the order statistics on both sides.
    private static Tensor Quantile(Tensor sorted, double probability)
    {
        double place = probability * (sorted.shape[0] - 1);
        long below = (long)place;
        long above = Math.Min(below + 1, sorted.shape[0] - 1);
        return sorted[below] * (1 - (place - below)) + sorted[above] * (place - below);
    }
}
