using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A forecast of x_{T+1} … x_{T+H} of every row.</summary>
/// <param name="Mean">[batch, H·D].</param>
/// <param name="Quantiles">[batch, H·D] for each probability asked for.</param>
/// <param name="Paths">Sample paths, [batch, N·H·D]; null: none were asked for.</param>
internal sealed record ForecastTensors(Tensor Mean, Tensor[] Quantiles, Tensor? Paths);

/// <summary>Rolls filtered particles into the future.</summary>
internal static class Forecaster
{
    /// <summary>Mean, quantiles and sample paths.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="last">Equally weighted particles of the state, latent [particle, batch, Z].</param>
    /// <param name="future">What is known of the H steps.</param>
    /// <param name="noise">Draws for the rows of the batch.</param>
    /// <param name="probabilities">Of the quantiles.</param>
    /// <param name="paths">Particles whose paths are given out, [batch, N]; null: none.</param>
    public static ForecastTensors Run(GenerativeModule model, ModelState last, IReadOnlyList<StepInputs> future, NoiseSource noise,
        IReadOnlyList<double> probabilities, Tensor? paths = null)
    {
        using var scope = NewDisposeScope();
        int horizon = future.Count;
        var state = last;
        var (means, drawn) = (new Tensor[horizon], new Tensor[horizon]);
        var quantiles = probabilities.Select(_ => new Tensor[horizon]).ToArray();
        for (int h = 0; h < horizon; h++)
        {
            using var stepScope = NewDisposeScope();
            var step = RollOut.Step(model, state, future[h], noise);
            state = step.State;
            means[h] = step.Mean.mean([0]).KeepIn(scope);
            var (sorted, _) = step.Sample.sort(0);
            for (int q = 0; q < quantiles.Length; q++)
                quantiles[q][h] = Quantile(sorted, probabilities[q]).KeepIn(scope);
            if (paths is not null)
                drawn[h] = OfParticles(step.Sample, paths).KeepIn(scope);
            state = state.Map(part => part.KeepIn(scope));
        }
        return new ForecastTensors(cat(means, -1).MoveToOuterDisposeScope(), [.. quantiles.Select(q => cat(q, -1).MoveToOuterDisposeScope())],
            paths is null ? null : stack(drawn, 2).flatten(1).MoveToOuterDisposeScope());
    }

    // Linear between the order statistics on both sides.
    internal static Tensor Quantile(Tensor sorted, double probability)
    {
        double place = probability * (sorted.shape[0] - 1);
        long below = (long)place;
        long above = Math.Min(below + 1, sorted.shape[0] - 1);
        return sorted[below] * (1 - (place - below)) + sorted[above] * (place - below);
    }

    // [particle, batch, D] and [batch, N] to [batch, N, D].
    private static Tensor OfParticles(Tensor sample, Tensor paths) =>
        sample.transpose(0, 1).gather(1, paths.unsqueeze(-1).expand(-1, -1, sample.shape[^1]));
}
