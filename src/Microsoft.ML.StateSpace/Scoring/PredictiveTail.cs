using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Tail probabilities under a particle filter's prediction of a step, p(x_t | x_1 … x_{t−1}).</summary>
/// <remarks>Half the particles' children make the density, the other half's children draw what x_t is compared with: a draw is
/// then no nearer to the density's own components than x_t is, so that the rank of x_t is fair however few components there are.
/// Both numbers grow with √N, so that every draw under every component costs O(N), and u comes to that of the prediction itself.</remarks>
internal static class PredictiveTail
{
    // A stream of its own, so that asking for scores shifts no draw of the filter.
    private const int Stream = 0x3C6EF372;

    // Whole vector instructions; with so many children every row's matrix products are its own; and fewer make a poor density.
    private const int Block = 64;

    // Fewer draws make a coarse rank.
    private const int LeastDraws = 128;

    /// <summary>Children that make the density of a filter of N particles: about 8 √N, 128 where N is 256.</summary>
    public static int Components(int particles) => Block * Math.Max(1, (int)(Math.Sqrt(particles) / 8));

    /// <summary>Children that draw: as many, 128 at least.</summary>
    public static int Draws(int particles) => Math.Max(LeastDraws, Components(particles));

    /// <summary>The stream that rows' children are drawn from.</summary>
    public static RowNoise Noise(ScoringOptions options, IReadOnlyList<ulong> keys, Device device, ScalarType type) =>
        new(options.Seed ^ Stream, keys, Children(options.Particles), device, type);

    /// <summary>All children.</summary>
    public static int Children(int particles) => Components(particles) + Draws(particles);

    /// <summary>u of one step of some rows.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="past">What the step is conditioned on, [particle, row, ·]; parts that all particles share lack that dimension.</param>
    /// <param name="logWeights">The particles' weights before the step, [row, particle], unnormalised; null at the first step.</param>
    /// <param name="observation">x_t, [row, D], 0 where missing.</param>
    /// <param name="observed">1 where observed, [row, D]; null when everything is.</param>
    /// <param name="noise">Its particles are the <see cref="Components"/> and the <see cref="Draws"/> together.</param>
    /// <param name="components">How many of the noise's particles are components.</param>
    /// <returns>[row], in float64; NaN where nothing is observed.</returns>
    public static Tensor Of(GenerativeModule model, Past past, Tensor? logWeights, Tensor observation, Tensor? observed, NoiseSource noise, int components)
    {
        using var scope = NewDisposeScope();
        int rows = (int)observation.shape[0], draws = noise.Particles - components;
        var parents = logWeights is null ? past : Parents(past, logWeights, components, draws);
        var latent = model.Prior(parents, rows).Draw(noise.Normal(rows, model.LatentSize)).Latent;
        var input = model.EmissionInput(latent, parents);
        var uniform = noise.UniformOfParticles(rows, model.Emission.UniformsPerStep(model.ObservationSize)).narrow(0, components, draws);
        var drawn = model.Emission.Sample(input.narrow(0, components, draws), uniform);
        var points = cat([drawn, observation.to(drawn.dtype).unsqueeze(0)], 0);
        var density = model.Emission.CrossLogLikelihood(input.narrow(0, 0, components), points, observed).logsumexp(-1);
        var u = TailProbability.OfDraws(density.narrow(1, 0, draws), density.select(1, draws));
        return (observed is null ? u : u.masked_fill(observed.sum(-1).eq(0), double.NaN)).MoveToOuterDisposeScope();
    }

    // Resampled particles lie sorted by their ancestors: the even ones make the density, the odd ones draw.
    private static Past Parents(Past past, Tensor logWeights, int components, int draws)
    {
        var middle = full([logWeights.shape[0], 1], 0.5, logWeights.dtype, logWeights.device);
        var ancestors = Resampling.Systematic(logWeights, middle);
        long particles = logWeights.shape[1], odd = Math.Max(1, particles / 2), even = (particles + 1) / 2;
        long[] places = [.. Enumerable.Range(0, components).Select(i => 2 * (i % even)),
            .. Enumerable.Range(0, draws).Select(j => Math.Min(2 * (j % odd) + 1, particles - 1))];
        var chosen = ancestors.index_select(1, tensor(places).to(logWeights.device)).transpose(0, 1);
        return past.Map(part => part.dim() < 3 ? part : part.gather(0, chosen.unsqueeze(-1).expand(-1, -1, part.shape[^1])));
    }
}

/// <summary>The tail probability of every step of a batch, as a particle filter goes through it.</summary>
/// <param name="model">p(x, z)</param>
/// <param name="batch">The observations.</param>
/// <param name="options">The filter's particles, and the seed.</param>
internal sealed class ParticleTails(GenerativeModule model, SequenceBatch batch, ScoringOptions options) : IDisposable
{
    private readonly int _components = PredictiveTail.Components(options.Particles);
    private readonly RowNoise _noise = PredictiveTail.Noise(options, batch.NoiseKeys, batch.Device, batch.Type);
    private readonly List<Tensor> _steps = [];

    /// <summary>Sees a step of the filter.</summary>
    public void Add(ParticleStep step)
    {
        var range = batch.Step(step.Time);
        _steps.Add(PredictiveTail.Of(model, step.Past!, step.LogWeightsBefore, range.Of(batch.Observations),
            batch.Observed is null ? null : range.Of(batch.Observed), _noise, _components).DetachFromDisposeScope());
    }

    /// <summary>u of every step, packed [S].</summary>
    public Tensor Packed() => cat([.. _steps], 0);

    public void Dispose()
    {
        foreach (var step in _steps)
            step.Dispose();
        _noise.Dispose();
    }
}
