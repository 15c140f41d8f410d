using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Rolls filtered particles into the future.</summary>
internal static class Forecaster
{
    /// <summary>Mean and central interval of x_{T+1} … x_{T+H}, each [batch, H·D].</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="last">Equally weighted particles of the state, latent [particle, batch, Z].</param>
    /// <param name="future">What is known of the H steps.</param>
    /// <param name="noise">Draws for the rows of the batch.</param>
    /// <param name="confidence">Probability of the interval.</param>
    public static (Tensor Mean, Tensor Lower, Tensor Upper) Run(GenerativeModule model, ModelState last, IReadOnlyList<StepInputs> future,
        NoiseSource noise, double confidence)
    {
        using var scope = NewDisposeScope();
        int horizon = future.Count;
        var state = last;
        var (means, lower, upper) = (new Tensor[horizon], new Tensor[horizon], new Tensor[horizon]);
        for (int h = 0; h < horizon; h++)
        {
            using var stepScope = NewDisposeScope();
            var step = RollOut.Step(model, state, future[h], noise);
            state = step.State;
            means[h] = step.Mean.mean([0]).MoveToOtherDisposeScope(scope);
            var (sorted, _) = step.Sample.sort(0);
            lower[h] = Quantile(sorted, (1 - confidence) / 2).MoveToOtherDisposeScope(scope);
            upper[h] = Quantile(sorted, (1 + confidence) / 2).MoveToOtherDisposeScope(scope);
            state = state.Map(part => part.MoveToOtherDisposeScope(scope));
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
