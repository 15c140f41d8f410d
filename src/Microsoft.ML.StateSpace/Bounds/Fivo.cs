using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The filtering bound: log Ẑ of a particle filter whose proposal is the inference network (Maddison et al. 2017).</summary>
/// <remarks>Gradients flow through z and the weights, not through ancestors, unless asked for: biased, as published.</remarks>
public sealed record Fivo : ParticleBound
{
    /// <summary>When to resample. Default: when the effective sample size is at most half the particles.</summary>
    public ResamplingCriterion Criterion { get; init; } = ResamplingCriterion.EffectiveSampleSize;

    /// <summary>How to resample. Default systematic.</summary>
    public ResamplingScheme Resampling { get; init; } = new SystematicResampling();

    /// <summary>Whether gradients reach the weights through the ancestors drawn from them, by the score function; with multinomial
    /// resampling only. Default false.</summary>
    public bool ScoreFunctionGradient { get; init; }

    /// <summary>Decay per update of the score function's baseline. Default 0.99.</summary>
    public double BaselineDecay { get; init; } = 0.99;

    /// <summary>What looks ahead (FIVO-AUX, SIXO); null: nothing. Default null.</summary>
    public TiltNetwork? Tilt { get; init; }

    // The baseline of the score function is kept from update to update; a tilt that learns is frozen in between.
    internal override bool IsConcurrent => !ScoreFunctionGradient && Tilt is null;

    /// <inheritdoc/>
    public override BoundState? CreateState() => ScoreFunctionGradient ? new ReturnBaseline(BaselineDecay) : null;

    /// <inheritdoc/>
    public override TiltModule? CreateTilt(GenerativeModule model, bool readsMask, Initializer initializer) =>
        Tilt?.Create(model, readsMask, initializer);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The bound has a tilt, and the query none.</exception>
    public override BoundTerms Evaluate(BoundQuery query)
    {
        if (Tilt is not null && query.Tilt is null)
            throw new ArgumentException("The bound has a tilt, but the query holds no networks of it.", nameof(query));
        return Run(Ask(query) with
        {
            Criterion = Criterion,
            Resampling = Resampling,
            Tilt = Tilt is null ? null : query.Tilt,
            TiltLearnsByDifferences = Tilt?.LearnsFrom == TiltLearning.TemporalDifferences,
            Baseline = ScoreFunctionGradient ? query.State as ReturnBaseline ?? new ReturnBaseline(BaselineDecay) : null,
        });
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        foreach (string fault in Criterion.Validate())
            yield return $"Criterion.{fault}";
        foreach (string fault in Resampling.Validate())
            yield return $"Resampling.{fault}";
        foreach (string fault in Tilt?.Validate() ?? [])
            yield return $"Tilt.{fault}";
        if (BaselineDecay is not (>= 0 and < 1))
            yield return $"BaselineDecay is {BaselineDecay}; it must be at least 0 and below 1.";
        foreach (string fault in ValidateCombination())
            yield return fault;
    }

    private IEnumerable<string> ValidateCombination()
    {
        bool never = Criterion is NeverCriterion;
        if (Tilt is not null && never)
            yield return "Tilt changes nothing with Criterion 'Never': without resampling its factors cancel; choose another criterion, or leave the tilt out.";
        if (Tilt is { LearnsFrom: TiltLearning.TemporalDifferences } && Samples == 1)
            yield return "Tilt learns from temporal differences between particles, but Samples is 1; it must be at least 2.";
        if (Tilt is { LearnsFrom: TiltLearning.Bound } && !ScoreFunctionGradient && !Resampling.IsDifferentiable)
            yield return "Tilt learns from the bound, whose gradient must then reach it through the ancestors: set ScoreFunctionGradient, choose Resampling 'Relaxed', or let it learn from 'TemporalDifferences'.";
        if (ScoreFunctionGradient && never)
            yield return "ScoreFunctionGradient changes nothing with Criterion 'Never': no ancestors are drawn; choose another criterion.";
        if (ScoreFunctionGradient && !Resampling.HasScoreFunction)
            yield return "ScoreFunctionGradient needs Resampling 'Multinomial': blends have no score function, and that of the other schemes has no finite variance.";
    }
}
