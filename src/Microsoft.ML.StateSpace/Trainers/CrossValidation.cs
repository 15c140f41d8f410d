using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>How a trainer is cross-validated.</summary>
public sealed record CrossValidationOptions
{
    /// <summary>Parts of the data, each of which is tested on once. Default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Column that is alike for rows that belong together; null: the trainer's sequence id where it has one, else every row by itself. Default null.</summary>
    public string? GroupColumnName { get; init; }

    /// <summary>Seed of the folds. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How the rows that were left out are evaluated.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>Whether the models are given out, to be disposed of by whoever takes them. Default false.</summary>
    public bool KeepModels { get; init; }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Folds < 2)
            yield return $"Folds is {Folds}; it must be at least 2.";
        if (Evaluation.Particles < 1)
            yield return $"Evaluation.Particles is {Evaluation.Particles}; it must be at least 1.";
    }
}

/// <summary>One fold's result.</summary>
/// <param name="Fold">Its number, from 0.</param>
/// <param name="Metrics">Bounds on the log-likelihood of the rows that were left out, in nats.</param>
/// <param name="Model">The model that was trained on the others; null unless models are kept.</param>
public sealed record CrossValidationFold(int Fold, BoundMetrics Metrics, DeepMarkovTransformer? Model);
