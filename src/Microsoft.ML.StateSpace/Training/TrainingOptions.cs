using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>How a model is trained.</summary>
public record TrainingOptions
{
    // Weights are Single, and Adam's first steps multiply the rate.
    internal const double MostLearningRate = 1e30;

    private const double UsualFinalRatio = 0.1;

    /// <summary>Passes over the training set, at most. Default 200.</summary>
    public int Epochs { get; init; } = 200;

    /// <summary>Sequences per update. Default 20.</summary>
    public int BatchSize { get; init; } = 20;

    /// <summary>Threads among which the sequences of every update are dealt; each takes the gradient of its part. Draws depend on how many
    /// there are, and so does the model; runs with as many agree to the bit. Default 1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>How gradients change the weights. Default: AdamW.</summary>
    public Optimizer Optimizer { get; init; } = new AdamW();

    /// <summary>The optimizer's step size. Default 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The short form of a <see cref="LearningRateSchedule"/> of <see cref="CosineDecay"/>: share of the learning rate left
    /// at the last epoch, reached along a half cosine; 1 keeps it. Default 0.1.</summary>
    public double FinalLearningRateRatio { get; init; } = UsualFinalRatio;

    /// <summary>How the learning rate changes; null: as <see cref="FinalLearningRateRatio"/> says. Default null.</summary>
    public LearningRateSchedule? LearningRateSchedule { get; init; }

    /// <summary>Penalties on weights chosen by name, part of the loss per observed step; null: none. Default null.</summary>
    public IReadOnlyList<WeightPenalty>? Penalties { get; init; }

    /// <summary>How weight matrices begin. Default: Xavier uniform.</summary>
    public WeightInit WeightInit { get; init; } = new();

    /// <summary>Steps of the clips that longer training sequences are cut to, anew at random every epoch; each clip holds an observed
    /// value and begins at the model's first step. Validation takes whole sequences. Null: whole sequences. Default null.</summary>
    public int? ClipLength { get; init; }

    /// <summary>Steps of the consecutive windows that longer training sequences are walked in, one update per window, gradients
    /// ending at its edges; each window goes on from the state that the one before ended in. Null: whole sequences. Default null.</summary>
    public int? BackpropagationSteps { get; init; }

    /// <summary>Updates after which an epoch ends; what it sees is drawn anew every epoch from all training sequences, so that streamed
    /// ones are read to the end. Null: an epoch sees every sequence once. Default null.</summary>
    public int? UpdatesPerEpoch { get; init; }

    /// <summary>Training sequences held in memory at a time; they are read anew every epoch, in the random order of a data view that can
    /// shuffle, and mixed among so many. As many at most are held to validate on, unless a validation set is given. Null: all are
    /// read once and kept. Default null.</summary>
    public int? MaxRowsInMemory { get; init; }

    /// <summary>Largest global gradient norm of the loss per step; longer gradients are scaled down to it. Default 1.</summary>
    public double GradientClipNorm { get; init; } = 1;

    /// <summary>Decay per update of the running mean of weights that is validated and kept; 0: the weights themselves. Default 0.99.</summary>
    public double WeightAveraging { get; init; } = 0.99;

    /// <summary>Epochs without a better validation bound before training stops; 0 never stops early. Default 20.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>Wall time after which training stops at the next batch, keeping the best model; null: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Seed of weights, batches, draws and dropout; null: the trainer draws one from its MLContext, so that an
    /// <c>MLContext(seed)</c> decides. Default null.</summary>
    public int? Seed { get; init; }

    /// <summary>The seed, and 1 where nobody has drawn one.</summary>
    internal int KnownSeed => Seed ?? 1;

    internal LearningRateSchedule RateSchedule => LearningRateSchedule ?? new CosineDecay { FinalRatio = FinalLearningRateRatio };

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Epochs < 1)
            yield return $"Epochs is {Epochs}; it must be at least 1.";
        if (BatchSize < 1)
            yield return $"BatchSize is {BatchSize}; it must be at least 1.";
        if (Workers < 1 || Workers > BatchSize)
            yield return $"Workers is {Workers}; it must be at least 1 and at most BatchSize, {BatchSize}: each takes a part of the update.";
        if (LearningRate is not (> 0 and <= MostLearningRate))
            yield return $"LearningRate is {LearningRate}; it must be above 0 and at most {MostLearningRate}.";
        if (FinalLearningRateRatio is not (>= 0 and <= 1))
            yield return $"FinalLearningRateRatio is {FinalLearningRateRatio}; it must lie in [0, 1].";
        if (!(GradientClipNorm > 0))
            yield return $"GradientClipNorm is {GradientClipNorm}; it must be above 0.";
        if (WeightAveraging is not (>= 0 and < 1))
            yield return $"WeightAveraging is {WeightAveraging}; it must be at least 0 and below 1.";
        if (Patience < 0)
            yield return $"Patience is {Patience}; it must be at least 0.";
        if (MaxTime <= TimeSpan.Zero)
            yield return $"MaxTime is {MaxTime}; it must be above zero.";
        foreach (string fault in ValidateSteps().Concat(ValidateParts()))
            yield return fault;
    }

    private IEnumerable<string> ValidateSteps()
    {
        if (ClipLength < 1)
            yield return $"ClipLength is {ClipLength}; it must be at least 1.";
        if (BackpropagationSteps < 1)
            yield return $"BackpropagationSteps is {BackpropagationSteps}; it must be at least 1.";
        if (BackpropagationSteps >= ClipLength)
            yield return $"BackpropagationSteps is {BackpropagationSteps} beside a ClipLength of {ClipLength}: no clip is longer; make it less, or leave it out.";
        if (UpdatesPerEpoch < 1)
            yield return $"UpdatesPerEpoch is {UpdatesPerEpoch}; it must be at least 1.";
        if (MaxRowsInMemory < BatchSize)
            yield return $"MaxRowsInMemory is {MaxRowsInMemory}; it must be at least BatchSize, {BatchSize}.";
        if (LearningRateSchedule is not null && FinalLearningRateRatio != UsualFinalRatio)
            yield return $"FinalLearningRateRatio is {FinalLearningRateRatio} beside a LearningRateSchedule, which replaces it; set one of the two.";
    }

    private IEnumerable<string> ValidateParts() =>
        Optimizer.Validate().Select(f => $"Optimizer.{f}")
            .Concat((LearningRateSchedule?.Validate() ?? []).Select(f => $"LearningRateSchedule.{f}"))
            .Concat((Penalties ?? []).SelectMany((p, i) => p is null ? [$"Penalties[{i}] is null."] : p.Validate().Select(f => $"Penalties[{i}].{f}")))
            .Concat(WeightInit.Validate().Select(f => $"WeightInit.{f}"));
}
