using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The bound on held-out sequences: KL weight 1, no dropout, and the same draws every time.</summary>
/// <param name="sequences">The sequences.</param>
/// <param name="batchSize">Of them at a time.</param>
/// <param name="device">Where the networks are.</param>
/// <param name="seed">Of the draws.</param>
/// <param name="resident">The sequences that lie on the device already; null: none.</param>
internal sealed class Validation(IReadOnlyList<Sequence> sequences, int batchSize, Device device, int seed, ResidentSequences? resident = null)
{
    private readonly List<int[]> _batches = BatchPlan.Sorted(sequences, batchSize);
    private readonly double _steps = sequences.Sum(s => (double)s.ObservedSteps);

    /// <summary>Where the latest evaluation was not finite: the batch, from 1, and the sequence where one alone is at fault.</summary>
    public (int Batch, string? Sequence)? Fault { get; private set; }

    /// <summary>Mean bound in the data's units, nats per observed step.</summary>
    public double Evaluate(Stage stage)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        stage.SetTraining(false);
        double logJacobian = 0;
        var objectives = new List<(Tensor Values, IReadOnlyList<int> Order, TrainingBatch Rows)>();
        foreach (int[] places in _batches)
        {
            var rows = new TrainingBatch([.. places.Select(place => sequences[place])], places);
            using var batchScope = NewDisposeScope();
            using var batch = SequenceBatch.Create(rows.Rows, device, ScalarType.Float32, masked: false, resident);
            using var noise = new RowNoise(seed, batch.NoiseKeys, stage.Bound.ValidationParticles, device);
            var found = stage.Bound.Evaluate(new BoundQuery(stage.Generative, stage.Inference, batch, noise) { Tilt = stage.Tilt }).Objective;
            objectives.Add((found.KeepIn(scope), batch.Order, rows));
            logJacobian += stage.LogJacobian(batch);
        }
        // Read together, so that a device is waited for once.
        float[] bounds = stack([.. objectives.Select(o => o.Values.sum())], 0).cpu().data<float>().ToArray();
        int fault = Array.FindIndex(bounds, bound => !float.IsFinite(bound));
        Fault = fault < 0 ? null : (fault + 1, Culprit.Find(objectives[fault].Values, objectives[fault].Order, objectives[fault].Rows));
        stage.SetTraining(true);
        return (bounds.Sum(bound => (double)bound) + logJacobian) / _steps;
    }
}
