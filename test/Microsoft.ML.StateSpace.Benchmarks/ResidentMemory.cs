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
        double early = sampler.Megabytes.Skip(epochs / 5).Take(Math.Max(1, epochs / 5)).Average();
        double late = sampler.Megabytes.TakeLast(Math.Max(1, epochs / 5)).Average();
        Console.WriteLine($"memory     {early:f0} MB after {epochs / 5} epochs, {late:f0} MB after {epochs}: {late - early:+0;-0} MB");
        return new { benchmark = "residentMemory", epochs, megabytes = sampler.Megabytes };
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
