using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Hands packed results back to the rows they belong to.</summary>
internal static class Trajectory
{
    /// <summary>A packed tensor [S, size] (or [S]) as one array of T·size numbers per row, in the order the batch was made of.</summary>
    /// <param name="packed">On any device.</param>
    /// <param name="batch">The layout.</param>
    /// <param name="steps">T of each row in that order, padding included.</param>
    /// <param name="padding">What steps beyond the length hold.</param>
    public static float[][] Unpack(Tensor packed, SequenceBatch batch, IReadOnlyList<int> steps, float padding)
    {
        using var scope = NewDisposeScope();
        int size = packed.dim() == 1 ? 1 : (int)packed.shape[1];
        float[] values = packed.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        var result = new float[batch.Count][];
        for (int b = 0; b < batch.Count; b++)
        {
            int place = batch.Order[b];
            float[] row = result[place] = new float[steps[place] * size];
            Array.Fill(row, padding);
            for (int t = 0; t < batch.Lengths[b]; t++)
                values.AsSpan((int)((batch.Offsets[t] + b) * size), size).CopyTo(row.AsSpan(t * size));
        }
        return result;
    }

    /// <summary>A tensor [batch, ..] as an array of the other dimensions' numbers per row.</summary>
    /// <param name="tensor">On any device.</param>
    public static float[][] Rows(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        float[] values = tensor.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        return [.. values.Chunk(values.Length / (int)tensor.shape[0])];
    }

    /// <summary>A tensor of steps to come [batch, .., H, D] as an array of numbers per row, in the data's units.</summary>
    /// <param name="tensor">On any device, in the model's units.</param>
    /// <param name="scaling">The units; null: none.</param>
    /// <param name="controlsOf">A row's H·U controls in the model's units; asked for only where the units depend on them.</param>
    public static float[][] Rows(Tensor tensor, SequenceScaling? scaling, Func<int, float[]> controlsOf)
    {
        float[][] rows = Rows(tensor);
        for (int row = 0; row < rows.Length; row++)
            scaling?.Restore(rows[row], scaling.Regression is null ? [] : controlsOf(row));
        return rows;
    }
}
