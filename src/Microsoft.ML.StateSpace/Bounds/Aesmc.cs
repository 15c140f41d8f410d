using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Auto-encoding sequential Monte Carlo (Le et al. 2018): resamples after every step; in its alternating variant the
/// model and the inference network learn from bounds of their own.</summary>
/// <remarks>A tight bound tells the inference network little: its gradient drowns in noise as particles grow (Rainforth et al. 2018).
/// Hence many particles for the model, few for the network; both gradients are taken in one update and never mix.</remarks>
public sealed record Aesmc : ParticleBound
{
    /// <summary>How to resample. Default multinomial.</summary>
    public ResamplingScheme Resampling { get; init; } = new MultinomialResampling();

    /// <summary>Particles of the inference network's own bound, at most <see cref="Bound.Samples"/>; null: both learn from one bound. Default null.</summary>
    public int? InferenceSamples { get; init; }

    /// <summary>Whether the inference network's own bound resamples too; when not it is the importance-weighted one. Default false.</summary>
    public bool InferenceResamples { get; init; }

    // The alternating variant freezes networks while it takes one of its gradients.
    internal override bool IsConcurrent => InferenceSamples is null;

    /// <inheritdoc/>
    public override BoundTerms Evaluate(BoundQuery query)
    {
        var ask = Ask(query) with { Criterion = ResamplingCriterion.Always, Resampling = Resampling };
        if (InferenceSamples is not { } few || !is_grad_enabled())
            return Run(ask);
        using var scope = NewDisposeScope();
        BoundTerms terms;
        using (new Frozen(query.Inference))
            terms = Run(ask);
        Tensor own;
        using (new Frozen(query.Model))
            own = ParticleLoop.Run(ask with
            {
                Noise = new FewerParticles(query.Noise, few),
                Criterion = InferenceResamples ? ResamplingCriterion.Always : ResamplingCriterion.Never,
                TracksParts = false,
            }).LogEvidence;
        return new BoundTerms((terms.Objective + own - own.detach()).MoveToOuterDisposeScope(),
            terms.LogLikelihood.MoveToOuterDisposeScope(), terms.Kl.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(GenerativeModel model, InferenceNetwork inference)
    {
        if (InferenceSamples is not null && inference.LearnsItself)
            yield return "Bound sets InferenceSamples, a bound for the inference network alone, but the network learns by itself; leave it out.";
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        foreach (string fault in Resampling.Validate())
            yield return $"Resampling.{fault}";
        if (InferenceSamples < 1 || InferenceSamples > Samples)
            yield return $"InferenceSamples is {InferenceSamples}; it must be at least 1 and at most Samples, {Samples}.";
        if (InferenceResamples && InferenceSamples is null)
            yield return "InferenceResamples is set, but InferenceSamples is not: the inference network has no bound of its own.";
    }

    /// <summary>The first particles' draws of another source.</summary>
    private sealed class FewerParticles(NoiseSource source, int particles) : NoiseSource
    {
        public override int Particles => particles;

        public override Tensor Normal(int rows, int size, NoisePurpose purpose) =>
            source.Normal(rows, size, purpose).narrow(0, 0, particles);

        public override Tensor Uniform(int rows, int size, NoisePurpose purpose) => source.Uniform(rows, size, purpose);

        public override void Dispose()
        {
        }
    }
}
