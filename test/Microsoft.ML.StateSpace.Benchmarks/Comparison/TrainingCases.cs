using Microsoft.ML.StateSpace.Bounds;
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
        Vrnn(),
        Srnn(),
    ];

    private static TrainingCase DeepMarkov(string key, string title, RnnCell cell)
    {
        var options = Steady(ChoraleData.Options);
        var model = (DeepMarkovModel)options.Generative;
        var inference = (StructuredInference)options.Inference with { Cell = cell, EmbeddingSize = 0 };
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
        return new TrainingCase(key, title, options with { Inference = inference }, "dmm", ["stepwise", "batched"], sizes, 0.02,
            (batches, device) => new DeepMarkovFloor(model, inference, options.ObservationSize!.Value, batches, device));
    }

    private static TrainingCase Vrnn()
    {
        const int Particles = 8, BatchSize = 4, Updates = 12;
        var options = Steady(Configuration("jsb-vrnn-fivo")) with { Bound = new Fivo { Samples = Particles }, BatchSize = BatchSize, UpdatesPerEpoch = Updates };
        var model = (VrnnModel)options.Generative;
        var proposal = (FilteringPathProposal)options.Inference;
        var sizes = new
        {
            observation = options.ObservationSize,
            latent = model.LatentSize,
            hidden = model.HiddenSize,
            encoder = model.EncoderSize,
            encoder_layers = model.EncoderLayers,
            prior = model.PriorSize,
            prior_layers = model.PriorLayers,
            emission = model.Emission.HiddenSize,
            emission_layers = model.Emission.HiddenLayers,
            proposal = proposal.HiddenSize,
            scale = new[] { model.Variance.RawBias, model.Variance.Least },
            particles = Particles,
        };
        return new TrainingCase("vrnn", $"VRNN, FIVO, {Particles} particles, batch {BatchSize}", options, "vrnn", ["packed"], sizes, 0.01,
            (batches, device) => new VrnnFloor(model, proposal, Particles, options.ObservationSize!.Value, batches, device));
    }

    private static TrainingCase Srnn()
    {
        const int Updates = 3;
        var options = Steady(Configuration("jsb-srnn-avf")) with { Bound = new Elbo(), UpdatesPerEpoch = Updates, ClipLength = null };
        var model = (SrnnModel)options.Generative;
        var inference = (IterativeInference)options.Inference;
        var sizes = new
        {
            observation = options.ObservationSize,
            latent = model.LatentSize,
            hidden = model.HiddenSize,
            encoder = model.EncoderSize,
            encoder_layers = model.EncoderLayers,
            prior = model.PriorSize,
            prior_layers = model.PriorLayers,
            emission = model.Emission.HiddenSize,
            emission_layers = model.Emission.HiddenLayers,
            inference = inference.HiddenSize,
            inference_layers = inference.HiddenLayers,
            inference_learning_rate = inference.LearningRate,
            inference_clip_norm = inference.GradientClipNorm,
        };
        return new TrainingCase("srnn", $"SRNN, AVF, batch {options.BatchSize}", options, "srnn", ["packed"], sizes, 0.005,
            (batches, device) => new SrnnFloor(model, inference, options.ObservationSize!.Value, batches, device));
    }

    private static DeepMarkovTrainer.Options Configuration(string name) =>
        OptionsJson.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configs", $"{name}.json")));

    // A learning rate that stays, so that a round of the peers is a round here.
    private static DeepMarkovTrainer.Options Steady(DeepMarkovTrainer.Options options) =>
        options with { Epochs = 1, Patience = 0, FinalLearningRateRatio = 1 };
}
