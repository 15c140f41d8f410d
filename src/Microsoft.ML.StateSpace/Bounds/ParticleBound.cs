using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>A bound that the particle loop estimates: E[log Ẑ] ≤ log p(x), with <see cref="Bound.Samples"/> particles.</summary>
public abstract record ParticleBound : Bound
{
    internal override int TrainingParticles => Samples;

    internal override int ValidationParticles => Samples;

    private protected static ParticleQuery Ask(BoundQuery query) => new(query.Model, query.Inference, query.Batch, query.Noise)
    {
        KlWeight = query.KlWeight,
        DropoutNoise = query.DropoutNoise,
        TracksParts = true,
        TracksSteps = false,
        Start = query.Start,
        End = query.End,
    };

    private protected static BoundTerms Run(ParticleQuery query)
    {
        using var scope = NewDisposeScope();
        var terms = ParticleLoop.Run(query);
        var (fit, kl) = terms.Parts!.Value;
        var objective = terms.Surrogate is null ? terms.LogEvidence : terms.LogEvidence + terms.Surrogate;
        return new BoundTerms(objective.MoveToOuterDisposeScope(), fit.MoveToOuterDisposeScope(), kl.MoveToOuterDisposeScope());
    }
}
