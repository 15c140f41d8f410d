using System.Text.Json.Serialization;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Sums an epoch's updates up; a checkpoint keeps it as JSON.</summary>
internal sealed class EpochSums
{
    /// <summary>Updates added.</summary>
    [JsonInclude]
    public int Updates { get; private set; }

    /// <summary>Observed steps.</summary>
    [JsonInclude]
    public double Steps { get; private set; }

    /// <summary>Objectives, in nats.</summary>
    [JsonInclude]
    public double Bound { get; private set; }

    /// <summary>Their reconstruction terms, in nats.</summary>
    [JsonInclude]
    public double LogLikelihood { get; private set; }

    /// <summary>Their KL terms at weight 1, in nats.</summary>
    [JsonInclude]
    public double Kl { get; private set; }

    /// <summary>Gradient norms.</summary>
    [JsonInclude]
    public double GradientNorm { get; private set; }

    /// <summary>The latest update's KL weight.</summary>
    [JsonInclude]
    public double KlWeight { get; private set; }

    /// <summary>The latest update's learning rate.</summary>
    [JsonInclude]
    public double LearningRate { get; private set; }

    public void Add(UpdateResult update)
    {
        Updates++;
        Steps += update.Steps;
        Bound += update.Bound * update.Steps;
        LogLikelihood += update.LogLikelihood;
        Kl += update.Kl;
        GradientNorm += update.GradientNorm;
        (KlWeight, LearningRate) = (update.KlWeight, update.LearningRate);
    }

    /// <summary>The epoch's figures; at least one update was added.</summary>
    public EpochRecord Record(TrainingStage stage, int epoch, long updates, double validation, double seconds, bool best) =>
        new(stage, epoch, updates, Bound / Steps, LogLikelihood / Steps, Kl / Steps, validation, KlWeight, LearningRate,
            GradientNorm / Updates, seconds, best);
}
