using System.Globalization;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Resident memory over many epochs: it must be flat.</summary>
internal static class ResidentMemory
{
    public static object Run(ChoraleData data, int epochs)
    {
        var options = ChoraleData.Options with { Epochs = epochs };
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(88), ReadsMask: false);
        using var networks = parts.Create(1);
        var sampler = new Sampler();
        var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, options.Bound, options, true);
        using (var loop = new TrainingLoop(stage, data.Sequences, data.Sequences.Take(20).ToList(), torch.CPU, sampler, CancellationToken.None))
            loop.Run();
        // Means of a tenth of the run each, after the first one.
        double[] tenths = [.. sampler.Megabytes.Chunk(Math.Max(1, epochs / 10)).Select(part => part.Average())];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory     {epochs} epochs, mean of each tenth: {string.Join(", ", tenths.Select(m => $"{m:f0}"))} MB; at most {sampler.Megabytes.Max():f0} MB"));
        return new { benchmark = "residentMemory", epochs, megabytesByTenths = tenths, megabytes = sampler.Megabytes };
    }

    private sealed class Sampler : ITrainingObserver
    {
        public List<double> Megabytes { get; } = [];

        public bool OnEpoch(EpochRecord epoch)
        {
            Megabytes.Add(Environment.WorkingSet / 1e6);
            return true;
        }
    }
}
