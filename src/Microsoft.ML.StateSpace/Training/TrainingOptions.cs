namespace Microsoft.ML.StateSpace.Training;

/// <summary>How a model is trained.</summary>
public record TrainingOptions
{
    // Weights are Single, and Adam's first steps multiply the rate.
    internal const double MostLearningRate = 1e30;

    /// <summary>Passes over the training set, at most. Default 200.</summary>
    public int Epochs { get; init; } = 200;

    /// <summary>Sequences per update. Default 20.</summary>
    public int BatchSize { get; init; } = 20;

    /// <summary>Adam's step size. Default 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of the learning rate left at the last epoch, reached along a half cosine; 1 keeps it. Default 0.1.</summary>
    public double FinalLearningRateRatio { get; init; } = 0.1;

    /// <summary>Adam's decay of the mean of gradients. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's decay of the mean of squared gradients. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Weight decay, decoupled from the gradient. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global gradient norm of the loss per step; longer gradients are scaled down to it. Default 1.</summary>
    public double GradientClipNorm { get; init; } = 1;

    /// <summary>Decay per update of the running mean of weights that is validated and kept; 0: the weights themselves. Default 0.99.</summary>
    public double WeightAveraging { get; init; } = 0.99;

    /// <summary>Epochs without a better validation bound before training stops; 0 never stops early. Default 20.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>Wall time after which training stops at the next batch, keeping the best model; null: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Seed of weights, batches, draws and dropout.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Epochs < 1)
            yield return $"Epochs is {Epochs}; it must be at least 1.";
        if (BatchSize < 1)
            yield return $"BatchSize is {BatchSize}; it must be at least 1.";
        if (LearningRate is not (> 0 and <= MostLearningRate))
            yield return $"LearningRate is {LearningRate}; it must be above 0 and at most {MostLearningRate}.";
        if (FinalLearningRateRatio is not (>= 0 and <= 1))
            yield return $"FinalLearningRateRatio is {FinalLearningRateRatio}; it must lie in [0, 1].";
        if (Beta1 is not (>= 0 and < 1))
            yield return $"Beta1 is {Beta1}; it must be at least 0 and below 1.";
        if (Beta2 is not (>= 0 and < 1))
            yield return $"Beta2 is {Beta2}; it must be at least 0 and below 1.";
        if (!(WeightDecay >= 0))
            yield return $"WeightDecay is {WeightDecay}; it must be at least 0.";
        if (!(GradientClipNorm > 0))
            yield return $"GradientClipNorm is {GradientClipNorm}; it must be above 0.";
        if (WeightAveraging is not (>= 0 and < 1))
            yield return $"WeightAveraging is {WeightAveraging}; it must be at least 0 and below 1.";
        if (Patience < 0)
            yield return $"Patience is {Patience}; it must be at least 0.";
        if (MaxTime <= TimeSpan.Zero)
            yield return $"MaxTime is {MaxTime}; it must be above zero.";
    }
}
