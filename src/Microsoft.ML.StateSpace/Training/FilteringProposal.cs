using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The forward network that proposes the particle filter's particles, fitted with the generative model frozen.</summary>
/// <remarks>An inference network that sees the future cannot filter, and in many latent dimensions a bootstrap filter
/// collapses: hence a proposal q(z_t | z_{t−1}, x_1 … x_t) of its own.</remarks>
public sealed record FilteringProposal
{
    /// <summary>The network; null: structured and forward, of the inference network's cell and sizes, or, where the model carries a
    /// path that tells of x_1 … x_{t−1}, a <see cref="FilteringPathProposal"/>. Default null.</summary>
    public InferenceNetwork? Network { get; init; }

    /// <summary>Passes over the training set, at most. Default 60.</summary>
    public int Epochs { get; init; } = 60;

    /// <summary>The optimizer's step size; the optimizer and its schedule are the model's. Default 0.003.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Share of the training's time limit kept for the proposal. Default 0.15.</summary>
    public double TimeShare { get; init; } = 0.15;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Network is { UsesFuture: true })
            yield return "Network reads the future; a filtering proposal must read forward only.";
        if (Network is { LearnsItself: true })
            yield return "Network learns by itself, not from a smoother; choose a structured or mean-field network.";
        if (Epochs < 1)
            yield return $"Epochs is {Epochs}; it must be at least 1.";
        if (LearningRate is not (> 0 and <= TrainingOptions.MostLearningRate))
            yield return $"LearningRate is {LearningRate}; it must be above 0 and at most {TrainingOptions.MostLearningRate}.";
        if (TimeShare is not (> 0 and < 1))
            yield return $"TimeShare is {TimeShare}; it must lie between 0 and 1.";
        foreach (string fault in Network?.Validate() ?? [])
            yield return $"Network.{fault}";
    }

    internal InferenceNetwork NetworkFor(InferenceNetwork inference, GenerativeModel model) => Network ?? inference.FilteringForm
        ?? (inference is WrappedInference wrapped ? NetworkFor(wrapped.Base, model) : model.HasPath
        ? inference switch
        {
            PathProposal path => path.Filtering() with { AddsPriorMean = true },
            RecurrentInference recurrent => new FilteringPathProposal { HiddenSize = recurrent.HiddenSize, AddsPriorMean = true },
            _ => new FilteringPathProposal { AddsPriorMean = true },
        }
        : inference is RecurrentInference network
        ? new StructuredInference
        {
            Direction = Direction.Forward,
            Cell = network.Cell,
            HiddenSize = network.HiddenSize,
            EmbeddingSize = network.EmbeddingSize,
            Dropout = network.Dropout,
            Variance = network.Variance,
            AddsPriorMean = true,
        }
        : new StructuredInference { Direction = Direction.Forward, AddsPriorMean = true });

    internal TrainingOptions Schedule(TrainingOptions options) => options with
    {
        Epochs = Epochs,
        LearningRate = LearningRate,
        MaxTime = options.MaxTime * TimeShare,
        Seed = options.KnownSeed + 1,
    };
}
