using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Microseconds of a streaming step, for one series and for a thousand handed over together; weights as a model begins with,
/// since what a step costs does not depend on them.</summary>
internal static class StreamingSpeed
{
    private const int Thousand = 1000;

    public static object Run()
    {
        var small = new DeepMarkovModel { LatentSize = 4, Transition = new GatedTransition { HiddenSize = 16 }, Emission = new GaussianEmission { HiddenSize = 16 } };
        var proposal = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 16 };
        return new
        {
            benchmark = "streaming",
            particles64 = Measure("64 particles", small, proposal, new FilterOptions { Particles = 64 }),
            particles256 = Measure("256 particles", small, proposal, new FilterOptions { Particles = 256 }),
            scored = Measure("256, anomaly scores", small, proposal, new FilterOptions { Particles = 256, AnomalyScores = true }),
            kalman = Measure("Kalman", new LinearGaussianModel { LatentSize = 4 }, new ExactInference(), new FilterOptions()),
        };
    }

    private static object Measure(string name, GenerativeModel model, InferenceNetwork network, FilterOptions options)
    {
        var context = new MLContext(seed: 1);
        var parts = new ModelParts(model, network, new FilteringProposal(), new DataShape(2), ReadsMask: false);
        using var transformer = new DeepMarkovTransformer(context, new DeepMarkovTrainer.Options { Generative = model, Inference = network }, parts,
            parts.Create(1), new TrainingHistory([], 0, 0, StopReason.EpochsDone), torch.CPU);
        double one = Microseconds(context, transformer, options, 1, 300), many = Microseconds(context, transformer, options, Thousand, 3);
        double later = Microseconds(context, transformer, options, 1, 300, before: 3000);
        Console.WriteLine($"streaming  {name,-20} {one,8:f0} µs a step of one series ({later:f0} µs after 3,000 more), {many / Thousand,8:f1} µs a series of {Thousand}");
        return new { oneSeries = one, oneSeriesLater = later, perSeriesOfAThousand = many / Thousand };
    }

    private static double Microseconds(MLContext context, DeepMarkovTransformer model, FilterOptions options, int series, int steps, int before = 0)
    {
        using var filter = context.StateSpace.CreateFilter(model, options);
        var random = new Random(1);
        // The first step of a series is another one.
        for (int t = 0; t <= before; t++)
            Step();
        return 1e6 / steps * Timing.Of(3, () =>
        {
            for (int t = 0; t < steps; t++)
                Step();
        }).Median;

        void Step() => filter.Observe([.. Enumerable.Range(0, series).Select(i => new SeriesObservation($"series-{i}", [random.NextSingle(), random.NextSingle()]))]);
    }
}
