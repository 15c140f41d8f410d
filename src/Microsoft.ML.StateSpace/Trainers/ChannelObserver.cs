using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Trainers.Interop;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Tells a training to ML.NET's log, and to the user's observer; ends it when the host is cancelled.</summary>
internal sealed class ChannelObserver(IHost host, IChannel channel, ITrainingObserver? user) : ITrainingObserver
{
    public bool OnUpdate(TrainingProgress progress)
    {
        HostCancellation.ThrowIfCancelled(host);
        return user?.OnUpdate(progress) ?? true;
    }

    public bool OnEpoch(EpochRecord epoch)
    {
        channel.Info(MessageSensitivity.None,
            "{0} epoch {1}: train {2:F4} (fit {3:F4}, KL {4:F4} at weight {5:F2}), validation {6:F4} nats per step{7}, {8:F1} s.",
            epoch.Stage, epoch.Epoch, epoch.TrainBound, epoch.TrainLogLikelihood, epoch.TrainKl, epoch.KlWeight,
            epoch.ValidationBound, epoch.IsBest ? " (best)" : "", epoch.Seconds);
        return user?.OnEpoch(epoch) ?? true;
    }
}
