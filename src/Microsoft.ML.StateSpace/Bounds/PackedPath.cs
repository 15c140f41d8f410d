using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Paths z_1 … z_T drawn from an inference network, all steps packed together.</summary>
/// <remarks>Only the draws themselves have to follow one another. Once they are known, what depends on the past and on z_t alone
/// (priors, emissions, another network's posteriors) is one call for all steps: a few large matrix products.</remarks>
internal sealed class PackedPath
{
    private readonly SequenceBatch _batch;
    private readonly Past _first;
    private readonly ScanStep[] _steps;
    private readonly LatentDistribution? _drawn;
    private readonly TapedPath? _taped;

    private PackedPath(SequenceBatch batch, ScanStep[] steps)
    {
        (_batch, _steps, _first) = (batch, steps, steps[0].Past);
        Latent = Broadcast.Concatenate([.. steps.Select(s => s.Draw.Latent)], -2);
    }

    private PackedPath(SequenceBatch batch, Past first, PathDraw draw) =>
        (_batch, _steps, _first, _drawn, Latent) = (batch, [], first, draw.Posterior, draw.Latent);

    private PackedPath(SequenceBatch batch, Past first, TapedPath taped) =>
        (_batch, _steps, _first, _taped, _drawn, Latent) = (batch, [], first, taped, taped.Posterior, taped.Latent);

    /// <summary>Draws the paths.</summary>
    public static PackedPath Draw(BoundQuery query, InferenceModule inference, Encoding encoding)
    {
        var (model, batch) = (query.Model, encoding.Batch);
        // With a path or fed-back observations a step's past is more than z_{t−1}.
        if (ScanTape.Serves(batch) && !model.ReadsObservations && model.PathSize == 0
            && inference.DrawPath(encoding, query.Start?.Latent, query.Noise) is { } draw)
        {
            query.End?.Invoke(new ModelState(batch.Step(batch.Steps - 1).Of(draw.Latent)));
            return new PackedPath(batch, model.Enter(query.Start, batch.Inputs(batch.Step(0)), batch.Count), draw);
        }
        if (TapedScan.Lay(model, inference, encoding, query.Noise, query.Start) is { } tape)
        {
            for (int t = 0; t < batch.Steps; t++)
                tape.Draw(t);
            query.End?.Invoke(tape.StateAfter(batch.Steps - 1));
            return new PackedPath(batch, new Past(null, null, [], batch.Inputs(batch.Step(0))), tape.Connect().ByParticle(query.Noise.Particles));
        }
        var scan = new PosteriorScan(model, inference, encoding, query.Noise, start: query.Start);
        var steps = new ScanStep[batch.Steps];
        for (int t = 0; t < steps.Length; t++)
            steps[t] = scan.Draw(t, withPrior: false);
        query.End?.Invoke(scan.State!);
        return new PackedPath(batch, steps);
    }

    /// <summary>z, [.., S, Z].</summary>
    public Tensor Latent { get; }

    /// <summary>q(z_t | ·) at every step; null where they are not all of one kind of Gaussian.</summary>
    public LatentDistribution? Posterior => _drawn ?? LatentDistribution.Concatenate([.. _steps.Select(s => s.Posterior)]);

    /// <summary>log q(z_t | ·) of the draws, [.., S].</summary>
    /// <remarks>What is no Gaussian knows the density of its own draw, and may be slow to tell it of any other.</remarks>
    public Tensor LogPosterior => Posterior is { Moments: not null } gaussian ? gaussian.LogProbability(Latent)
        : Broadcast.Concatenate([.. _steps.Select(s => s.Draw.LogProbability)], -1);

    /// <summary>p(z_t | past) at every step, [.., S, Z].</summary>
    /// <remarks>A network that builds on the prior has asked for it at every step already.</remarks>
    public LatentDistribution Priors(GenerativeModule model) => _taped?.Prior ?? (_steps.Length > 0 && _steps.All(s => s.Prior is not null) ? LatentDistribution.Concatenate([.. _steps.Select(s => s.Prior!)]) : null)
        ?? AtEveryStep((rows, past) => model.Prior(past, rows.Count))!;

    /// <summary>log p(x_t | z_t, past) of what was observed, [.., S].</summary>
    public Tensor LogLikelihood(GenerativeModule model) => _taped?.LogLikelihood
        ?? model.LogLikelihood(Latent, Past(0), _batch.Observations, _batch.Observed);

    /// <summary>A distribution given each step's past, for all steps: the first step apart, then all others at once.</summary>
    public LatentDistribution? AtEveryStep(Func<PackedRange, Past, LatentDistribution> of) => LatentDistribution.Concatenate(Parts(of));

    /// <summary>As <see cref="AtEveryStep"/>, in the one or two parts that it is computed in: the first step's rows, then all others.</summary>
    public LatentDistribution[] Parts(Func<PackedRange, Past, LatentDistribution> of)
    {
        var first = of(_batch.Step(0), _first);
        return _batch.AfterFirst.Count == 0 ? [first] : [first, of(_batch.AfterFirst, Past(1))];
    }

    /// <summary>log density of the paths under distributions in such parts, [.., S].</summary>
    public Tensor LogProbability(LatentDistribution[] parts)
    {
        var first = parts[0].LogProbability(_batch.Step(0).Of(Latent));
        return parts.Length == 1 ? first
            : Broadcast.Concatenate([first, parts[1].LogProbability(_batch.AfterFirst.Of(Latent))], -1);
    }

    // The past of all steps from one on; from the first on without z_{t−1}, which the first step does not have.
    private Past Past(int from)
    {
        var rows = new PackedRange(_batch.Offsets[from], _batch.PackedSteps - _batch.Offsets[from]);
        var (latent, inputs) = (from == 0 ? null : _batch.Predecessors(Latent), _batch.Inputs(rows));
        if (_steps.Length == 0)
            return new Past(latent, null, [], inputs);
        var pasts = _steps[from..].Select(s => s.Past).ToArray();
        return new Past(
            latent,
            pasts[0].Observation is null ? null : Broadcast.Concatenate([.. pasts.Select(p => p.Observation!)], -2),
            [.. Enumerable.Range(0, pasts[0].Path.Count).Select(i => Broadcast.Concatenate([.. pasts.Select(p => p.Path[i])], -2))],
            inputs);
    }
}
