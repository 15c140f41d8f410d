using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>What a particle filter found; packed as <see cref="SequenceBatch"/> says.</summary>
/// <param name="Mean">E[z_t | x_1 … x_t], [S, Z].</param>
/// <param name="Std">Its standard deviation, [S, Z].</param>
/// <param name="Terms">Likelihoods and effective sample sizes.</param>
/// <param name="Last">Equally weighted particles of the model's state at each row's last step, latent [particle, batch, Z].</param>
internal sealed record FilterResult(Tensor Mean, Tensor Std, ParticleTerms Terms, ModelState Last);

/// <summary>Filters with the trained proposal: p(z_t | x_1 … x_t), p(x_t | x_1 … x_{t−1}), and particles to forecast from.</summary>
internal static class ParticleFilter
{
    /// <summary>Runs the filter; call without gradients.</summary>
    /// <param name="networks">The model and its filtering proposal.</param>
    /// <param name="batch">The rows, laid out.</param>
    /// <param name="rows">The rows themselves, in the order the batch was made of.</param>
    /// <param name="noise">The particles' draws.</param>
    /// <param name="tails">Sees every step; null: nobody does.</param>
    public static FilterResult Run(StateSpaceNetworks networks, SequenceBatch batch, IReadOnlyList<Sequence> rows, NoiseSource noise,
        ParticleTails? tails = null)
    {
        using var scope = NewDisposeScope();
        var means = new Tensor[batch.Steps];
        var deviations = new Tensor[batch.Steps];
        var last = new List<ModelState>();
        using var apart = Affine.RowsApart(batch.Device.IsHost());
        var encoding = EncodeApart(networks.FilteringProposal, batch, rows);
        var proposal = new PriorWhereUnobserved(networks.FilteringProposal);
        var terms = ParticleLoop.Run(networks.Generative, proposal, batch, noise,
            ResamplingCriterion.EffectiveSampleSize, encoding, step =>
            {
                var (mean, deviation) = Moments(step);
                means[step.Time] = mean.KeepIn(scope);
                deviations[step.Time] = deviation.KeepIn(scope);
                int rowsNow = batch.Active[step.Time], continuing = step.Time + 1 < batch.Steps ? batch.Active[step.Time + 1] : 0;
                if (continuing < rowsNow)
                    last.Add(Ending(step, continuing).Map(part => part.KeepIn(scope)));
                tails?.Add(step);
            });
        // Rows end from the last to the first.
        last.Reverse();
        return new FilterResult(cat(means, 0).MoveToOuterDisposeScope(), cat(deviations, 0).MoveToOuterDisposeScope(),
            new ParticleTerms(terms.LogEvidence.MoveToOuterDisposeScope(), terms.StepLogLikelihood.MoveToOuterDisposeScope(),
                terms.EffectiveSampleSize.MoveToOuterDisposeScope(), terms.Resampled.MoveToOuterDisposeScope()),
            ModelState.Concatenate(last).Map(part => part.MoveToOuterDisposeScope()));
    }

    // A filter takes decisions, and a last bit can turn one: on a CPU every row is read alone, so that no neighbour moves that bit.
    private static Encoding EncodeApart(InferenceModule proposal, SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        if (ReadsTogether(proposal, batch) || batch.Count == 1 && !proposal.ReadsByStep)
            return proposal.Encode(batch, null);
        if (proposal.ReadsByStep)
            return EncodeByStep(proposal, batch);
        using var scope = NewDisposeScope();
        var apart = batch.Order.Select(place =>
        {
            using var single = SequenceBatch.Create([rows[place]], batch.Device, batch.Type);
            return proposal.Encode(single, null).States;
        }).ToArray();
        return Packed(apart, batch);
    }

    /// <summary>Whether rows can be read together although each is to have the bits that it has alone; elsewhere than on a CPU none has.</summary>
    internal static bool ReadsTogether(InferenceModule proposal, SequenceBatch batch) =>
        !batch.Device.IsHost() || batch.Type == ScalarType.Float32 && proposal.EncodesApart;

    // As a streaming filter reads it, to the last bit.
    internal static Encoding EncodeByStep(InferenceModule proposal, SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var apart = new Tensor[batch.Count][];
        for (int b = 0; b < batch.Count; b++)
        {
            using var rowScope = NewDisposeScope();
            var steps = new Tensor[batch.Lengths[b]][];
            IReadOnlyList<Tensor> carried = [];
            for (int t = 0; t < steps.Length; t++)
                (steps[t], carried) = proposal.Read(batch, new PackedRange(batch.Offsets[t] + b, 1), carried);
            apart[b] = [.. Enumerable.Range(0, steps[0].Length)
                .Select(i => cat(steps.Select(s => s[i]).ToArray(), 0).MoveToOuterDisposeScope())];
        }
        return Packed(apart, batch);
    }

    // Every row's states [T, ·], one row after another, as packed ones.
    private static Encoding Packed(Tensor[][] apart, SequenceBatch batch)
    {
        var places = new long[batch.PackedSteps];
        for (long b = 0, start = 0; b < batch.Count; start += batch.Lengths[b], b++)
            for (int t = 0; t < batch.Lengths[b]; t++)
                places[batch.Offsets[t] + b] = start + t;
        var index = tensor(places).to(batch.Device);
        var states = Enumerable.Range(0, apart[0].Length)
            .Select(i => cat(apart.Select(a => a[i]).ToArray(), 0).index_select(0, index).MoveToOuterDisposeScope());
        return new Encoding(batch, [.. states]);
    }

    /// <summary>Mean and deviation of z_t under the weights, each [row, Z]; every sum runs over memory of its row's own.</summary>
    internal static (Tensor Mean, Tensor Std) Moments(ParticleStep step)
    {
        if (step.LogWeights.IsOnHost())
            return new RowWeights(step.LogWeights).Moments(step.Draw.Latent);
        var latent = step.Draw.Latent.permute(1, 2, 0).contiguous();
        var weights = step.LogWeights.softmax(-1).unsqueeze(1);
        var mean = (weights * latent).sum(-1);
        return (mean, (weights * (latent - mean.unsqueeze(-1)).square()).sum(-1).sqrt());
    }

    /// <summary>Particles that weigh the same, in place of weighted ones.</summary>
    /// <param name="logWeights">W, [row, particle].</param>
    /// <param name="state">Of the same rows.</param>
    internal static ModelState EquallyWeighted(Tensor logWeights, ModelState state)
    {
        var middle = full([logWeights.shape[0], 1], 0.5, logWeights.dtype, logWeights.device);
        return state.Select(Resampling.Systematic(logWeights, middle).transpose(0, 1));
    }

    // The state of the rows that end, from `first` on.
    private static ModelState Ending(ParticleStep step, int first)
    {
        long ending = step.LogWeights.shape[0] - first;
        return EquallyWeighted(step.LogWeights.narrow(0, first, ending), step.State.Map(part => part.narrow(-2, first, ending)));
    }
}
