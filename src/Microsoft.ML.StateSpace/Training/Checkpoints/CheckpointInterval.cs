namespace Microsoft.ML.StateSpace.Training;

/// <summary>How often a training writes a checkpoint: at whichever of the two comes first.</summary>
/// <param name="Epochs">Epochs from one to the next; null: epochs do not count.</param>
/// <param name="Time">Wall time from one to the next, also within an epoch; null: time does not count.</param>
public sealed record CheckpointInterval(int? Epochs = null, TimeSpan? Time = null)
{
    /// <summary>At the end of every epoch.</summary>
    public static readonly CheckpointInterval EveryEpoch = new(Epochs: 1);

    /// <summary>Every fault, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Epochs is null && Time is null)
            yield return "Epochs and Time are null; one of them must be set.";
        if (Epochs < 1)
            yield return $"Epochs is {Epochs}; it must be at least 1.";
        if (Time <= TimeSpan.Zero)
            yield return $"Time is {Time}; it must be above zero.";
    }
}
