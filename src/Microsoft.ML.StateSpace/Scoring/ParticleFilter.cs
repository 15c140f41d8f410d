using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
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
        var encoding = EncodeApart(networks.FilteringProposal, batch, rows);
        var proposal = new PriorWhereUnobserved(networks.FilteringProposal);
        var terms = ParticleLoop.Run(networks.Generative, proposal, batch, noise,
            ResamplingCriterion.EffectiveSampleSize, encoding, step =>
            {
                var latent = step.Draw.Latent.transpose(0, 1);
                var weights = step.LogWeights.softmax(-1).unsqueeze(-1);
                var mean = (weights * latent).sum(1);
                means[step.Time] = mean.MoveToOtherDisposeScope(scope);
                deviations[step.Time] = (weights * (latent - mean.unsqueeze(1)).square()).sum(1).sqrt().MoveToOtherDisposeScope(scope);
                int rowsNow = batch.Active[step.Time], continuing = step.Time + 1 < batch.Steps ? batch.Active[step.Time + 1] : 0;
                if (continuing < rowsNow)
                    last.Add(EquallyWeighted(step, continuing).Map(part => part.MoveToOtherDisposeScope(scope)));
                tails?.Add(step);
            });
        // Rows end from the last to the first.
        last.Reverse();
        return new FilterResult(cat(means, 0).MoveToOuterDisposeScope(), cat(deviations, 0).MoveToOuterDisposeScope(),
            new ParticleTerms(terms.LogEvidence.MoveToOuterDisposeScope(), terms.StepLogLikelihood.MoveToOuterDisposeScope(),
                terms.EffectiveSampleSize.MoveToOuterDisposeScope(), terms.Resampled.MoveToOuterDisposeScope()),
            ModelState.Concatenate(last).Map(part => part.MoveToOuterDisposeScope()));
    }

    // A filter takes decisions, and a last bit can turn one: every row is read alone, so that no neighbour moves that bit.
    private static Encoding EncodeApart(InferenceModule proposal, SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        if (batch.Count == 1)
            return proposal.Encode(batch, null);
        using var scope = NewDisposeScope();
        var apart = batch.Order.Select(place =>
        {
            using var single = SequenceBatch.Create([rows[place]], batch.Device, batch.Type);
            return proposal.Encode(single, null).States;
        }).ToArray();
        var places = new long[batch.PackedSteps];
        for (long b = 0, start = 0; b < batch.Count; start += batch.Lengths[b], b++)
            for (int t = 0; t < batch.Lengths[b]; t++)
                places[batch.Offsets[t] + b] = start + t;
        var index = tensor(places).to(batch.Device);
        var states = Enumerable.Range(0, apart[0].Length)
            .Select(i => cat(apart.Select(a => a[i]).ToArray(), 0).index_select(0, index).MoveToOuterDisposeScope());
        return new Encoding(batch, [.. states]);
    }

    // The state of the rows that end, from `first` on.
    private static ModelState EquallyWeighted(ParticleStep step, int first)
    {
        long ending = step.LogWeights.shape[0] - first;
        var weights = step.LogWeights.narrow(0, first, ending);
        var middle = full([ending, 1], 0.5, weights.dtype, weights.device);
        var ancestors = Resampling.Systematic(weights, middle);
        return step.State.Map(part => part.narrow(-2, first, ending)).Select(ancestors.transpose(0, 1));
    }
}
