using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>How training averages the bounds of a batch's sequences.</summary>
public enum BoundNormalization
{
    /// <summary>Their sum over all observed steps of the batch: every step counts the same.</summary>
    PerStep,
    /// <summary>The mean of each one's bound per observed step: every sequence counts the same.</summary>
    PerSequence,
}

/// <summary>Describes a lower bound on log p(x) that training maximises.</summary>
public abstract record Bound
{
    /// <summary>Samples of z per sequence. Default 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>How training averages the bounds of a batch's sequences. Default per step.</summary>
    public BoundNormalization Normalization { get; init; }

    /// <summary>The short form of a <see cref="KlSchedule"/> of <see cref="LinearInUpdates"/>: updates over which the KL term is
    /// phased in; early stopping waits for their end. Default 0: no phase.</summary>
    public int KlWarmUpUpdates { get; init; }

    /// <summary>The short form's KL weight at the first update. Default 0.01.</summary>
    public double KlWeightAtStart { get; init; } = WeightAtStart;

    /// <summary>How the KL term is phased in; null: as <see cref="KlWarmUpUpdates"/> says. Default null.</summary>
    public KlSchedule? KlSchedule { get; init; }

    private const double WeightAtStart = 0.01;

    /// <summary>The KL weight of the update about to be made.</summary>
    public double KlWeight(SchedulePoint at) => (KlSchedule ?? ShortForm)?.Weight(at) ?? 1;

    private LinearInUpdates? ShortForm =>
        KlWarmUpUpdates == 0 ? null : new LinearInUpdates { Updates = KlWarmUpUpdates, StartWeight = KlWeightAtStart };

    /// <summary>The particles of <see cref="NoiseSource"/> that training draws: 0 is a single draw without a particle dimension.</summary>
    internal virtual int TrainingParticles => Samples == 1 ? 0 : Samples;

    /// <summary>The particles that validation draws.</summary>
    internal virtual int ValidationParticles => 0;

    /// <summary>Whether it is a bound on the observations' density, which depends on their units.</summary>
    internal virtual bool IsOfObservations => true;

    /// <summary>What the bound keeps from update to update of a training run; null: nothing.</summary>
    public virtual BoundState? CreateState() => null;

    /// <summary>Makes the networks that look ahead; null: the bound has none.</summary>
    /// <param name="model">p(x, z): its sizes, and what it tells of the past. Not taken over.</param>
    /// <param name="readsMask">Whether the mask is a further input.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    public virtual TiltModule? CreateTilt(GenerativeModule model, bool readsMask, Initializer initializer) => null;

    /// <summary>Computes the bound of every sequence of a batch.</summary>
    public abstract BoundTerms Evaluate(BoundQuery query);

    /// <summary>What keeps the bound from a model and an inference network, each a sentence.</summary>
    public virtual IEnumerable<string> FaultsWith(GenerativeModel model, InferenceNetwork inference) => [];

    /// <summary>Whether threads may evaluate it side by side: it changes nothing but its own tensors.</summary>
    internal virtual bool IsConcurrent => true;

    /// <summary>A batch's part, a scalar, of the average that an update maximises over so many observed steps and sequences.</summary>
    internal Tensor Average(Tensor objective, SequenceBatch batch, double steps, int rows) => Normalization == BoundNormalization.PerStep
        ? objective.sum() / steps
        : (objective / tensor(batch.ObservedSteps).clamp_min(1).SendTo(objective.device, objective.dtype)).sum() / rows;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (Samples < 1)
            yield return $"Samples is {Samples}; it must be at least 1.";
        if (KlWarmUpUpdates < 0)
            yield return $"KlWarmUpUpdates is {KlWarmUpUpdates}; it must be at least 0.";
        if (KlSchedule.FaultOfStart(KlWeightAtStart, nameof(KlWeightAtStart)) is { } wrongStart)
            yield return wrongStart;
        if (KlSchedule is not null && KlWarmUpUpdates != 0)
            yield return $"KlWarmUpUpdates is {KlWarmUpUpdates} beside a KlSchedule, which replaces it; set one of the two.";
        if (KlSchedule is not null && KlWeightAtStart != WeightAtStart)
            yield return $"KlWeightAtStart is {KlWeightAtStart} beside a KlSchedule, which has a start of its own; set one of the two.";
        foreach (string fault in KlSchedule?.Validate() ?? [])
            yield return $"KlSchedule.{fault}";
    }
}

/// <summary>What a bound is asked for.</summary>
/// <param name="Model">p(x, z)</param>
/// <param name="Inference">q(z | x)</param>
/// <param name="Batch">The observations.</param>
/// <param name="Noise">The draws of z; its particles are the samples.</param>
public sealed record BoundQuery(GenerativeModule Model, InferenceModule Inference, SequenceBatch Batch, NoiseSource Noise)
{
    /// <summary>What the objective multiplies the KL with. Default 1.</summary>
    public double KlWeight { get; init; } = 1;

    /// <summary>Draws dropout masks while training.</summary>
    public Generator? DropoutNoise { get; init; }

    /// <summary>The model's state before the first step, of all rows, where the batch goes on from an earlier window; null: it begins.</summary>
    public ModelState? Start { get; init; }

    /// <summary>Is given the state of the rows that reach the batch's last step, for a window that goes on from there;
    /// its tensors live until the call returns.</summary>
    public Action<ModelState>? End { get; init; }

    /// <summary>What <see cref="Bound.CreateTilt"/> made.</summary>
    public TiltModule? Tilt { get; init; }

    /// <summary>What <see cref="Bound.CreateState"/> made.</summary>
    public BoundState? State { get; init; }
}

/// <summary>A bound's value and parts for each sequence, in nats; rows in the batch's order.</summary>
/// <param name="Objective">What training maximises, the KL weighted, [batch].</param>
/// <param name="LogLikelihood">The reconstruction term, [batch].</param>
/// <param name="Kl">The KL term at weight 1, [batch].</param>
public sealed record BoundTerms(Tensor Objective, Tensor LogLikelihood, Tensor Kl);
