using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Describes a lower bound on log p(x) that training maximises.</summary>
public abstract record Bound
{
    /// <summary>Samples of z per sequence. Default 1.</summary>
    public int Samples { get; init; } = 1;

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

    /// <summary>Computes the bound of every sequence of a batch.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="inference">q(z | x)</param>
    /// <param name="batch">The observations.</param>
    /// <param name="noise">The draws of z; its particles are the samples.</param>
    /// <param name="klWeight">What the objective multiplies the KL with.</param>
    /// <param name="dropoutNoise">Draws dropout masks while training.</param>
    public abstract BoundTerms Evaluate(GenerativeModule model, InferenceModule inference, SequenceBatch batch,
        NoiseSource noise, double klWeight = 1, Generator? dropoutNoise = null);

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

/// <summary>A bound's value and parts for each sequence, in nats; rows in the batch's order.</summary>
/// <param name="Objective">What training maximises, the KL weighted, [batch].</param>
/// <param name="LogLikelihood">The reconstruction term, [batch].</param>
/// <param name="Kl">The KL term at weight 1, [batch].</param>
public sealed record BoundTerms(Tensor Objective, Tensor LogLikelihood, Tensor Kl);
