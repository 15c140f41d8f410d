using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The models that are trained beside their peers.</summary>
internal static class TrainingCases
{
    /// <summary>Every case.</summary>
    public static IReadOnlyList<TrainingCase> All =>
    [
        DeepMarkov("dmm", "DMM, RNN 600", RnnCell.Rnn),
        DeepMarkov("dmm-lstm", "DMM, LSTM 600", RnnCell.Lstm),
    ];

    private static TrainingCase DeepMarkov(string key, string title, RnnCell cell)
    {
        var options = Steady(ChoraleData.Options);
        var model = (DeepMarkovModel)options.Generative;
        var inference = (StructuredInference)options.Inference with { Cell = cell };
        var sizes = new
        {
            observation = options.ObservationSize,
            latent = model.LatentSize,
            transition = ((GatedTransition)model.Transition).HiddenSize,
            emission = model.Emission.HiddenSize,
            emission_layers = model.Emission.HiddenLayers,
            cell = $"{cell}",
            recurrent = inference.HiddenSize,
            embedding = inference.Settings.EmbeddingSize,
        };
        return new TrainingCase(key, title, options with { Inference = inference }, "dmm", ["stepwise", "batched"], sizes,
            batches => new DeepMarkovFloor(model, inference, options.ObservationSize!.Value, batches));
    }

    // A learning rate that stays, so that a round of the peers is a round here.
    private static DeepMarkovTrainer.Options Steady(DeepMarkovTrainer.Options options) =>
        options with { Epochs = 1, Patience = 0, FinalLearningRateRatio = 1 };
}
