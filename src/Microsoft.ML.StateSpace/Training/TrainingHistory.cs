namespace Microsoft.ML.StateSpace.Training;

/// <summary>What one epoch did; bounds in nats per observed step, in the data's units.</summary>
/// <param name="Stage">What is trained: the model, or its filtering proposal.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Updates">Updates done since the stage began.</param>
/// <param name="TrainBound">Mean objective over the epoch's batches, the KL at <paramref name="KlWeight"/>, penalties apart.</param>
/// <param name="TrainLogLikelihood">Its reconstruction term.</param>
/// <param name="TrainKl">Its KL term, at weight 1.</param>
/// <param name="ValidationBound">The bound on the validation set, always with KL weight 1.</param>
/// <param name="KlWeight">The KL weight of the epoch's last update.</param>
/// <param name="LearningRate">The learning rate of the epoch's last update.</param>
/// <param name="GradientNorm">Mean norm of the loss's gradient before clipping.</param>
/// <param name="Seconds">Wall time since the stage began.</param>
/// <param name="IsBest">Whether this epoch's model was the best so far.</param>
public sealed record EpochRecord(TrainingStage Stage, int Epoch, long Updates, double TrainBound, double TrainLogLikelihood,
    double TrainKl, double ValidationBound, double KlWeight, double LearningRate, double GradientNorm, double Seconds, bool IsBest);

/// <summary>The stages of a training.</summary>
public enum TrainingStage
{
    /// <summary>Generative model and inference network together.</summary>
    Model,
    /// <summary>The filtering proposal, the generative model frozen.</summary>
    FilteringProposal,
}

/// <summary>Why a stage ended.</summary>
public enum StopReason
{
    /// <summary>All epochs were done.</summary>
    EpochsDone,
    /// <summary>The validation bound stopped rising.</summary>
    EarlyStopping,
    /// <summary>The time limit was reached.</summary>
    TimeLimit,
    /// <summary>The user cancelled.</summary>
    Cancelled,
    /// <summary>An observer asked to stop.</summary>
    Observer,
}

/// <summary>How a training went.</summary>
/// <param name="Epochs">Every epoch of every stage, in order.</param>
/// <param name="BestEpoch">The epoch whose model was kept.</param>
/// <param name="BestValidationBound">Its validation bound, nats per observed step, in the data's units.</param>
/// <param name="StopReason">Why the training of the model ended.</param>
public sealed record TrainingHistory(IReadOnlyList<EpochRecord> Epochs, int BestEpoch, double BestValidationBound, StopReason StopReason);
