namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Where a stage of training stands when an update is about to be made: what schedules depend on.</summary>
/// <param name="Update">Updates done since the stage began.</param>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Epochs">Epochs at most.</param>
/// <param name="Batch">Updates of this epoch done.</param>
/// <param name="Batches">Updates of an epoch.</param>
public readonly record struct SchedulePoint(long Update, int Epoch, int Epochs, int Batch, int Batches);
