using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>A row of ragged scalar series.</summary>
internal sealed class Row
{
    public string Name { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public bool[] Mask { get; set; } = [];

    /// <summary>The row with every number changed.</summary>
    public Row With(Func<float, float> change) => With((x, _) => change(x));

    /// <summary>The row with every number changed by itself and its place.</summary>
    public Row With(Func<float, int, float> change) => new() { Name = Name, Mask = Mask, Observations = [.. Observations.Select(change)] };
}

/// <summary>What a model adds to it.</summary>
internal sealed class ScoredRow
{
    public string Name { get; set; } = "";

    public float[] SmoothedMean { get; set; } = [];

    public float[] SmoothedStd { get; set; } = [];

    public float[] FilteredMean { get; set; } = [];

    public float[] FilteredStd { get; set; } = [];

    public float[] LogLikelihood { get; set; } = [];

    public float[] EffectiveSampleSize { get; set; } = [];

    public float[] Forecast { get; set; } = [];

    public float[] ForecastLower { get; set; } = [];

    public float[] ForecastUpper { get; set; } = [];

    public float[] ForecastQuantiles { get; set; } = [];

    public float SequenceLogLikelihood { get; set; }

    public float[] AnomalyScore { get; set; } = [];

    public float[] Imputed { get; set; } = [];
}

internal static class Rows
{
    /// <summary>Noisy waves of 4 to 15 steps of two numbers, one step in seven missing.</summary>
    public static List<Row> Make(int count, int seed = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int steps = random.Next(4, 16);
            double phase = random.NextDouble() * 6;
            return new Row
            {
                Name = $"row {i}",
                Observations = [.. Enumerable.Range(0, 2 * steps).Select(k => (float)(Math.Sin(phase + k / 2 * 0.7 + k % 2) + 0.1 * random.NextDouble()))],
                Mask = [.. Enumerable.Range(0, steps).Select(t => t % 7 != 3)],
            };
        })];
    }

    /// <summary>A small and quick trainer of them.</summary>
    public static DeepMarkovTrainer.Options Options(int epochs = 2) => new()
    {
        ObservationSize = 2,
        MaskColumnName = "Mask",
        SequenceIdColumnName = "Name",
        Generative = new DeepMarkovModel { LatentSize = 3, Transition = new GatedTransition { HiddenSize = 8 }, Emission = new GaussianEmission { HiddenSize = 8 } },
        Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 8 },
        Bound = new Elbo(),
        FilteringProposal = new FilteringProposal { Epochs = 1 },
        Epochs = epochs,
        BatchSize = 8,
        Horizon = 2,
        Particles = 64,
        Seed = 1,
    };
}
