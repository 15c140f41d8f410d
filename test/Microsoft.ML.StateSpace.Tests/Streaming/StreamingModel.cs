using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Tests.Streaming;

/// <summary>Models as they begin, which propose badly and so resample often, and series for them.</summary>
internal static class StreamingModel
{
    public const int Horizon = 2;

    /// <summary>A small deep Markov model with a recurrent filtering proposal.</summary>
    public static DeepMarkovTransformer Small(int particles = 64, int seed = 1) => Of(
        new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 4 }, Emission = new GaussianEmission { HiddenSize = 4 } },
        new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Lstm, HiddenSize = 5 }, 2, particles, seed: seed);

    /// <summary>A model whose steps are read with controls and times where it wants them.</summary>
    public static DeepMarkovTransformer Of(GenerativeModel model, InferenceNetwork network, int observationSize, int particles = 64,
        FilterMethod filter = FilterMethod.Particle, int seed = 1)
    {
        var shape = new DataShape(observationSize, model.ReadsControls ? 1 : 0, model.ReadsTimes);
        var parts = new ModelParts(model, network, new FilteringProposal(), shape, ReadsMask: true);
        var options = new DeepMarkovTrainer.Options
        {
            Generative = model,
            Inference = network,
            Particles = particles,
            Filter = filter,
            Horizon = Horizon,
            Quantiles = [0.2, 0.7],
            SamplePaths = 3,
            Seed = 5,
        };
        return new DeepMarkovTransformer(new MLContext(seed: 1), options, parts, parts.Create(seed),
            new TrainingHistory([], 0, 0, StopReason.EpochsDone), torch.CPU);
    }

    /// <summary>The filter of a model.</summary>
    public static StateSpaceFilter Filter(DeepMarkovTransformer model, FilterOptions? options = null) => new MLContext().StateSpace.CreateFilter(model, options);

    /// <summary>A row whose last step is observed, with controls and irregular times for a forecast too, where the model reads them.</summary>
    public static Sequence Row(string id, int steps, DeepMarkovTransformer model, bool missing, string emission = "gaussian")
    {
        var random = new Random(steps + id.Length + (missing ? 1 : 0));
        int size = model.ObservationSize, all = steps + Horizon;
        float[] values = [.. Enumerable.Range(0, steps * size).Select(_ => Contracts.Parts.Target(emission, random))];
        for (int t = 1; missing && t < steps - 1; t++)
            for (int d = 0; d < size; d++)
                if (t % 4 == 2 || random.Next(4) == 0)
                    values[t * size + d] = float.NaN;
        double time = 0;
        var data = model.Parts.Data;
        return new Sequence(size, values, id: id, inputs: new SequenceInputs(data.ControlSize,
            [.. Enumerable.Range(0, all * data.ControlSize).Select(_ => random.NextSingle())],
            data.HasTimes ? [.. Enumerable.Range(0, all).Select(_ => time += random.NextDouble())] : null));
    }

    /// <summary>A row's steps as observations.</summary>
    public static IEnumerable<SeriesObservation> Steps(Sequence row) => Enumerable.Range(0, row.Length).Select(t => Step(row, t));

    public static SeriesObservation Step(Sequence row, int t)
    {
        int size = row.ObservationSize;
        return new SeriesObservation(row.Id!, [.. Enumerable.Range(0, size).Select(d => row.IsObserved(t, d) ? row.Observations[t * size + d] : float.NaN)])
        {
            Controls = row.Inputs.ControlSize == 0 ? null : row.Inputs.ControlsOf(t).ToArray(),
            Time = row.Inputs.Times?[t],
        };
    }

    /// <summary>What the row knows of the steps after its last.</summary>
    public static SeriesFuture Future(Sequence row) => new(row.Id!)
    {
        Controls = row.Inputs.ControlSize == 0 ? null : [.. Enumerable.Range(row.Length, Horizon).SelectMany(t => row.Inputs.ControlsOf(t).ToArray())],
        Times = row.Inputs.Times?[row.Length..],
    };
}
