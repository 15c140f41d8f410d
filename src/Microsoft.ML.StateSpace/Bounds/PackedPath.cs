using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Paths z_1 … z_T drawn from an inference network, all steps packed together.</summary>
/// <remarks>Only the draws themselves have to follow one another. Once they are known, what depends on the past and on z_t alone
/// (priors, emissions, another network's posteriors) is one call for all steps: a few large matrix products.</remarks>
internal sealed class PackedPath
{
    private readonly SequenceBatch _batch;
    private readonly ScanStep[] _steps;

    private PackedPath(SequenceBatch batch, ScanStep[] steps)
    {
        (_batch, _steps) = (batch, steps);
        Latent = Broadcast.Concatenate([.. steps.Select(s => s.Draw.Latent)], -2);
    }

    /// <summary>Draws the paths.</summary>
    public static PackedPath Draw(BoundQuery query, InferenceModule inference, Encoding encoding)
    {
        var scan = new PosteriorScan(query.Model, inference, encoding, query.Noise, start: query.Start);
        var steps = new ScanStep[encoding.Batch.Steps];
        for (int t = 0; t < steps.Length; t++)
            steps[t] = scan.Draw(t, withPrior: false);
        query.End?.Invoke(scan.State!);
        return new PackedPath(encoding.Batch, steps);
    }

    /// <summary>z, [.., S, Z].</summary>
    public Tensor Latent { get; }

    /// <summary>q(z_t | ·) at every step; null where it is no Gaussian.</summary>
    public LatentDistribution? Posterior => LatentDistribution.Concatenate([.. _steps.Select(s => s.Posterior)]);

    /// <summary>log q(z_t | ·) of the draws, [.., S].</summary>
    public Tensor LogPosterior => Posterior?.LogProbability(Latent)
        ?? Broadcast.Concatenate([.. _steps.Select(s => s.Draw.LogProbability)], -1);

    /// <summary>p(z_t | past) at every step, [.., S, Z].</summary>
    /// <remarks>A network that builds on the prior has asked for it at every step already.</remarks>
    public LatentDistribution Priors(GenerativeModule model) =>
        (_steps.All(s => s.Prior is not null) ? LatentDistribution.Concatenate([.. _steps.Select(s => s.Prior!)]) : null)
            ?? AtEveryStep((rows, past) => model.Prior(past, rows.Count))!;

    /// <summary>log p(x_t | z_t, past) of what was observed, [.., S].</summary>
    public Tensor LogLikelihood(GenerativeModule model) =>
        model.LogLikelihood(Latent, Past(0), _batch.Observations, _batch.Observed);

    /// <summary>A distribution given each step's past, for all steps: the first step apart, then all others at once.</summary>
    public LatentDistribution? AtEveryStep(Func<PackedRange, Past, LatentDistribution> of)
    {
        var first = of(_batch.Step(0), _steps[0].Past);
        return _batch.AfterFirst.Count == 0 ? first : LatentDistribution.Concatenate([first, of(_batch.AfterFirst, Past(1))]);
    }

    // The past of all steps from one on; from the first on without z_{t−1}, which the first step does not have.
    private Past Past(int from)
    {
        var pasts = _steps[from..].Select(s => s.Past).ToArray();
        var rows = new PackedRange(_batch.Offsets[from], _batch.PackedSteps - _batch.Offsets[from]);
        return new Past(
            from == 0 ? null : _batch.Predecessors(Latent),
            pasts[0].Observation is null ? null : Broadcast.Concatenate([.. pasts.Select(p => p.Observation!)], -2),
            [.. Enumerable.Range(0, pasts[0].Path.Count).Select(i => Broadcast.Concatenate([.. pasts.Select(p => p.Path[i])], -2))],
            _batch.Inputs(rows));
    }
}
