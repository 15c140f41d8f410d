using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The bound on held-out sequences: KL weight 1, no dropout, and the same draws every time.</summary>
internal sealed class Validation(IReadOnlyList<Sequence> sequences, int batchSize, Device device, int seed)
{
    private readonly List<int[]> _batches = BatchPlan.Sorted(sequences, batchSize);
    private readonly double _steps = sequences.Sum(s => (double)s.ObservedSteps);

    /// <summary>Where the latest evaluation was not finite: the batch, from 1, and the sequence where one alone is at fault.</summary>
    public (int Batch, string? Sequence)? Fault { get; private set; }

    /// <summary>Mean bound in the data's units, nats per observed step.</summary>
    public double Evaluate(Stage stage)
    {
        using var guard = no_grad();
        stage.SetTraining(false);
        double total = 0;
        Fault = null;
        for (int i = 0; i < _batches.Count; i++)
        {
            var rows = new TrainingBatch([.. _batches[i].Select(place => sequences[place])], _batches[i]);
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create(rows.Rows, device);
            using var noise = new RowNoise(seed, batch.NoiseKeys, stage.Bound.ValidationParticles, device);
            var objective = stage.Bound.Evaluate(new BoundQuery(stage.Generative, stage.Inference, batch, noise) { Tilt = stage.Tilt }).Objective;
            float bound = objective.sum().item<float>();
            if (!float.IsFinite(bound))
                Fault ??= (i + 1, Culprit.Find(objective, batch.Order, rows));
            total += bound + stage.LogJacobian(batch);
        }
        stage.SetTraining(true);
        return total / _steps;
    }
}
