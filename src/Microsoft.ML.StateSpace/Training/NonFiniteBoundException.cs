namespace Microsoft.ML.StateSpace.Training;

/// <summary>A bound or gradient became NaN or infinite during training; names where.</summary>
public sealed class NonFiniteBoundException(string quantity, TrainingStage stage, int epoch, int batch, string? sequence)
    : ArithmeticException($"The {quantity} is not finite at epoch {epoch}, batch {batch}"
        + (sequence is null ? "" : $", sequence {sequence}")
        + (stage == TrainingStage.Model ? "" : " of the filtering proposal's training")
        + ". Lower LearningRate or GradientClipNorm, or look at that sequence's values.")
{
    /// <summary>The epoch, from 1.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>The batch within the epoch, from 1.</summary>
    public int Batch { get; } = batch;

    /// <summary>The sequence's id or its number in the training data, or null when no sequence alone is at fault.</summary>
    public string? Sequence { get; } = sequence;
}
