namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>How the KL term is phased in: what the objective multiplies it with, update by update.</summary>
/// <remarks>Early stopping waits until the weight has reached 1, since what is validated is the bound at weight 1.</remarks>
public abstract record KlSchedule
{
    /// <summary>The KL weight of the update about to be made; 1 from the end of the phase on.</summary>
    public abstract double Weight(SchedulePoint at);

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public abstract IEnumerable<string> Validate();

    internal static string? FaultOfStart(double weight, string name) =>
        weight is >= 0 and <= 1 ? null : $"{name} is {weight}; it must lie in [0, 1].";
}

/// <summary>Linear in updates: s + (1 − s)·u/U at update u, counted from 0 (Krishnan et al. 2017).</summary>
public sealed record LinearInUpdates : KlSchedule
{
    /// <summary>U, the updates that the phase takes. Default 1000.</summary>
    public int Updates { get; init; } = 1000;

    /// <summary>s, the weight of the first update. Default 0.01.</summary>
    public double StartWeight { get; init; } = 0.01;

    /// <inheritdoc/>
    public override double Weight(SchedulePoint at) =>
        at.Update >= Updates ? 1 : StartWeight + (1 - StartWeight) * at.Update / Updates;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Updates < 1)
            yield return $"Updates is {Updates}; it must be at least 1.";
        if (FaultOfStart(StartWeight, nameof(StartWeight)) is { } fault)
            yield return fault;
    }
}

/// <summary>One weight per epoch, (e/E)^k in epoch e, counted from 1: k is 1 or 2 (Marino et al. 2018).</summary>
public sealed record PowerOfEpoch : KlSchedule
{
    /// <summary>E, the first epoch of full weight. Default 50.</summary>
    public int Epochs { get; init; } = 50;

    /// <summary>k, the power: 1 is linear. Default 2.</summary>
    public double Power { get; init; } = 2;

    /// <inheritdoc/>
    public override double Weight(SchedulePoint at) => at.Epoch >= Epochs ? 1 : Math.Pow((double)at.Epoch / Epochs, Power);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Epochs < 1)
            yield return $"Epochs is {Epochs}; it must be at least 1.";
        if (Power is not (> 0 and < double.PositiveInfinity))
            yield return $"Power is {Power}; it must be above 0.";
    }
}

/// <summary>Linear over epochs, rising within each: s + (1 − s)·e/E with e the epochs done, this update included (Pyro's deep
/// Markov model).</summary>
public sealed record LinearInEpochs : KlSchedule
{
    /// <summary>E, the epochs that the phase takes. Default 1000.</summary>
    public int Epochs { get; init; } = 1000;

    /// <summary>s, the weight that the phase begins at. Default 0.2.</summary>
    public double StartWeight { get; init; } = 0.2;

    /// <inheritdoc/>
    public override double Weight(SchedulePoint at) =>
        at.Epoch > Epochs ? 1 : StartWeight + (1 - StartWeight) * (at.Epoch - 1 + (at.Batch + 1.0) / at.Batches) / Epochs;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Epochs < 1)
            yield return $"Epochs is {Epochs}; it must be at least 1.";
        if (FaultOfStart(StartWeight, nameof(StartWeight)) is { } fault)
            yield return fault;
    }
}
