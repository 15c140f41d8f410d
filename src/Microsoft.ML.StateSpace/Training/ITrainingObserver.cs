namespace Microsoft.ML.StateSpace.Training;

/// <summary>User code that watches a training and may stop it.</summary>
public interface ITrainingObserver
{
    /// <summary>Called of every update; return false to stop, keeping the best model so far. On a GPU of several at a time, after the last of
    /// them: to read one's bound would be to wait for the device.</summary>
    bool OnUpdate(TrainingProgress progress) => true;

    /// <summary>Called after every epoch; return false to stop, keeping the best model so far.</summary>
    bool OnEpoch(EpochRecord epoch) => true;
}

/// <summary>How far a stage has come.</summary>
/// <param name="Stage">What is trained.</param>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Epochs">Epochs at most.</param>
/// <param name="Batch">Updates of this epoch done: its batches, or the windows of them.</param>
/// <param name="Batches">Updates of an epoch.</param>
/// <param name="TrainBound">The batch's objective, nats per observed step.</param>
/// <param name="Elapsed">Wall time since the stage began.</param>
/// <param name="TimeLimit">Wall time the stage may take, or null.</param>
public sealed record TrainingProgress(TrainingStage Stage, int Epoch, int Epochs, int Batch, int Batches, double TrainBound,
    TimeSpan Elapsed, TimeSpan? TimeLimit)
{
    /// <summary>Share of the stage done, 0 to 1: by epochs or by the time limit, whichever is further.</summary>
    public double Fraction
    {
        get
        {
            double byEpochs = (Epoch - 1 + (double)Batch / Batches) / Epochs;
            double byTime = TimeLimit is { } limit && limit > TimeSpan.Zero ? Elapsed / limit : 0;
            return Math.Min(1, Math.Max(byEpochs, byTime));
        }
    }
}
