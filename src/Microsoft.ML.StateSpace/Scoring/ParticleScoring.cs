using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Any model's scores, by draws: sample paths of the inference network, and the particle filter.</summary>
internal sealed class ParticleScoring(StateSpaceNetworks networks, ScoringOptions options, Device device) : IFilter
{
    public ScalarType Type => ScalarType.Float32;

    public (Tensor Mean, Tensor Std) Smooth(SequenceBatch batch)
    {
        using var noise = new RowNoise(options.Seed, batch.NoiseKeys, options.SmoothingSamples, device);
        return Smoother.Run(networks, batch, noise);
    }

    public FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, bool forecasts)
    {
        using var noise = new RowNoise(~options.Seed, batch.NoiseKeys, options.Particles, device);
        var filtered = ParticleFilter.Run(networks, batch, rows, noise);
        ForecastBand? band = null;
        if (forecasts)
        {
            var future = FutureInputs.Of(networks.Generative.Data, [.. batch.Order.Select(place => rows[place])], options.Horizon, device);
            var found = Forecaster.Run(networks.Generative, filtered.Last, future, noise,
                [(1 - options.ConfidenceLevel) / 2, (1 + options.ConfidenceLevel) / 2]);
            band = new(found.Mean, found.Quantiles[0], found.Quantiles[1]);
        }
        return new(filtered.Mean, filtered.Std, filtered.Terms.StepLogLikelihood, filtered.Terms.EffectiveSampleSize, band);
    }
}
