using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>Training for forecasts: over the last steps of every sequence q(z_t | ·) is p(z_t | past) itself, so that what the bound explains there,
/// it explains without having seen it.</summary>
/// <remarks>Up to a random step the bound is the base's; from there on it is E[log p(x_t | z_t)] over latents that the model itself rolls out, with a KL
/// of 0: the transition learns many steps ahead, and the emission the spread of the errors there (compare latent overshooting, Hafner et al. 2019).
/// Outside of training q is the base's at every step.</remarks>
public sealed record OpenLoopInference : WrappedInference
{
    /// <summary>The most steps at a sequence's end that are rolled out, usually the horizon of the forecasts. Default 24.</summary>
    public int Steps { get; init; } = 24;

    /// <summary>The fewest; the number is drawn anew for each sequence of each update, the first step is never among them. Default 1.</summary>
    public int LeastSteps { get; init; } = 1;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new OpenLoopInferenceModule(this, Base.Create(model, readsMask, initializer));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (LeastSteps < 0)
            yield return $"LeastSteps is {LeastSteps}; it must be at least 0.";
        if (Steps < Math.Max(1, LeastSteps))
            yield return $"Steps is {Steps}; it must be at least {Math.Max(1, LeastSteps)}.";
        foreach (string fault in base.Validate())
            yield return fault;
    }
}

internal sealed class OpenLoopInferenceModule : WrappedInferenceModule
{
    private readonly int _least;
    private readonly int _most;

    public OpenLoopInferenceModule(OpenLoopInference options, InferenceModule inner) : base(nameof(OpenLoopInference), inner)
    {
        (_least, _most) = (options.LeastSteps, options.Steps);
        RegisterComponents();
    }

    public override bool ReadsPrior => training || inner.ReadsPrior;

    // While training, a last state beside the base's says which steps are rolled out: booleans [S, 1].
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        var encoding = inner.Encode(batch, dropoutNoise);
        return !training || dropoutNoise is null ? encoding
            : new Encoding(batch, [.. encoding.States, RolledOut(batch, dropoutNoise)]) { Path = encoding.Path };
    }

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var posterior = inner.Posterior(query);
        if (query.Encoding.States is not [.., { dtype: ScalarType.Bool }])
            return posterior;
        var rolledOut = query.Encoding.Of(query.Rows, query.Encoding.States.Length - 1);
        return (posterior, query.Prior!) switch
        {
            (DiagonalGaussian told, DiagonalGaussian prior) =>
                new DiagonalGaussian(where(rolledOut, prior.Mean, told.Mean), where(rolledOut, prior.Variance, told.Variance)),
            (var told, var prior) => new RowChoice(rolledOut, prior, told),
        };
    }

    private Tensor RolledOut(SequenceBatch batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        var drawn = (rand([batch.Count], ScalarType.Float64, batch.Device, generator: noise) * (_most - _least + 1)).floor() + _least;
        long[] remaining = new long[batch.PackedSteps];
        for (int t = 0; t < batch.Steps; t++)
            for (int b = 0; b < batch.Active[t]; b++)
                remaining[batch.Offsets[t] + b] = t == 0 ? long.MaxValue : batch.Lengths[b] - 1 - t;
        return tensor(remaining).SendTo(batch.Device).lt(drawn.index_select(0, batch.RowIndex)).unsqueeze(-1).MoveToOuterDisposeScope();
    }
}
