using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The bound on held-out sequences: KL weight 1, no dropout, and the same draws every time.</summary>
internal sealed class Validation(IReadOnlyList<Sequence> sequences, int batchSize, Device device, int seed)
{
    private readonly List<int[]> _batches = BatchPlan.Sorted(sequences, batchSize);
    private readonly double _steps = sequences.Sum(s => (double)s.ObservedSteps);

    /// <summary>Mean bound in nats per observed step.</summary>
    public double Evaluate(Stage stage)
    {
        using var guard = no_grad();
        stage.SetTraining(false);
        double total = 0;
        foreach (int[] places in _batches)
        {
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create([.. places.Select(i => sequences[i])], device);
            using var noise = new RowNoise(seed, batch.NoiseKeys, 0, device);
            total += stage.Bound.Evaluate(stage.Generative, stage.Inference, batch, noise).Objective.sum().item<float>();
        }
        stage.SetTraining(true);
        return total / _steps;
    }
}
