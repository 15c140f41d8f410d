using Microsoft.ML.StateSpace.Bounds;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>How the learning rate changes: what it is multiplied with, update by update.</summary>
public abstract record LearningRateSchedule
{
    /// <summary>W, the first updates, over which the rate rises linearly: (u + 1)/W at update u, counted from 0. Default 0.</summary>
    public int WarmUpUpdates { get; init; }

    /// <summary>What the learning rate is multiplied with for the update about to be made.</summary>
    public double Factor(SchedulePoint at) => at.Update >= WarmUpUpdates ? Decay(at) : Decay(at) * (at.Update + 1) / WarmUpUpdates;

    /// <summary>The factor without the warm-up.</summary>
    protected abstract double Decay(SchedulePoint at);

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (WarmUpUpdates < 0)
            yield return $"WarmUpUpdates is {WarmUpUpdates}; it must be at least 0.";
    }
}

/// <summary>The same rate throughout, once warmed up.</summary>
public sealed record ConstantRate : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Decay(SchedulePoint at) => 1;
}

/// <summary>A half cosine from 1 in the first epoch to a ratio in the last, one factor per epoch.</summary>
public sealed record CosineDecay : LearningRateSchedule
{
    /// <summary>Share of the learning rate left at the last epoch. Default 0.1.</summary>
    public double FinalRatio { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override double Decay(SchedulePoint at)
    {
        double done = at.Epochs == 1 ? 0 : (at.Epoch - 1.0) / (at.Epochs - 1);
        return FinalRatio + (1 - FinalRatio) * 0.5 * (1 + Math.Cos(Math.PI * done));
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => FinalRatio is >= 0 and <= 1 ? base.Validate()
        : [.. base.Validate(), $"FinalRatio is {FinalRatio}; it must lie in [0, 1]."];
}

/// <summary>r^u at update u, counted from 0 (Pyro's deep Markov model).</summary>
public sealed record ExponentialDecay : LearningRateSchedule
{
    /// <summary>r, the factor per update. Default 0.99996.</summary>
    public double RatioPerUpdate { get; init; } = 0.99996;

    /// <inheritdoc/>
    protected override double Decay(SchedulePoint at) => Math.Pow(RatioPerUpdate, at.Update);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => RatioPerUpdate is > 0 and <= 1 ? base.Validate()
        : [.. base.Validate(), $"RatioPerUpdate is {RatioPerUpdate}; it must be above 0 and at most 1."];
}

/// <summary>r^⌊(e − 1)/E⌋ in epoch e, counted from 1.</summary>
public sealed record StepDecay : LearningRateSchedule
{
    /// <summary>E, the epochs of one rate. Default 50.</summary>
    public int EveryEpochs { get; init; } = 50;

    /// <summary>r, the factor from one rate to the next. Default 0.5.</summary>
    public double Ratio { get; init; } = 0.5;

    /// <inheritdoc/>
    protected override double Decay(SchedulePoint at) => Math.Pow(Ratio, (at.Epoch - 1) / EveryEpochs);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (EveryEpochs < 1)
            yield return $"EveryEpochs is {EveryEpochs}; it must be at least 1.";
        if (Ratio is not (> 0 and <= 1))
            yield return $"Ratio is {Ratio}; it must be above 0 and at most 1.";
    }
}
