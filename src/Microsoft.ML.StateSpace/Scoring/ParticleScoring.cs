using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Any model's scores, by draws: sample paths of the inference network, and the particle filter.</summary>
internal sealed class ParticleScoring(StateSpaceNetworks networks, ScoringOptions options, Device device) : IFilter
{
    public FilterKind Kind => FilterKind.Particle;

    public ScalarType Type => ScalarType.Float32;

    public SmoothedBatch Smooth(SequenceBatch batch, bool spread, bool impute)
    {
        using var noise = new RowNoise(options.Seed, batch.NoiseKeys, options.SmoothingSamples, device);
        return Smoother.Run(networks, batch, noise, spread, impute);
    }

    public FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, ForecastQuery? forecast, bool tails)
    {
        using var noise = Noise(batch);
        using var watch = tails ? new ParticleTails(networks.Generative, batch, options) : null;
        var filtered = ParticleFilter.Run(networks, batch, rows, noise, watch);
        return new(filtered.Mean, filtered.Std, filtered.Terms.StepLogLikelihood, filtered.Terms.EffectiveSampleSize,
            forecast is null ? null : Forecast(filtered.Last, batch, forecast, noise)) { TailProbability = watch?.Packed() };
    }

    public LastState Last(SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        using var noise = Noise(batch);
        var filtered = ParticleFilter.Run(networks, batch, rows, noise);
        return new(filtered.Last, filtered.Terms.LogEvidence);
    }

    private RowNoise Noise(SequenceBatch batch) => new(~options.Seed, batch.NoiseKeys, options.Particles, device, Type);

    private ForecastTensors Forecast(ModelState last, SequenceBatch batch, ForecastQuery query, NoiseSource noise)
    {
        using var apart = Affine.RowsApart(device.IsHost());
        return Forecaster.Run(networks.Generative, last, query.Inputs(networks.Generative.Data, batch, Type), noise, query.Probabilities,
            ParticleChoice.Paths(options, batch.NoiseKeys, query.Paths, device));
    }
}
