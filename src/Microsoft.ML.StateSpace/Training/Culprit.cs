using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Finds the sequence whose bound or gradient is not finite.</summary>
internal static class Culprit
{
    /// <summary>Its id or its number; null when every row's own bound is finite.</summary>
    /// <param name="objectives">[B] in a batch's order.</param>
    /// <param name="order">For each of them its place in <paramref name="rows"/>.</param>
    /// <param name="rows">What the batch was made of.</param>
    public static string? Find(Tensor objectives, IReadOnlyList<int> order, TrainingBatch rows)
    {
        using var scope = NewDisposeScope();
        float[] values = objectives.detach().cpu().data<float>().ToArray();
        int row = Array.FindIndex(values, v => !float.IsFinite(v));
        return row < 0 ? null : Name(rows, order[row]);
    }

    /// <summary>The first sequence whose own bound has a gradient that is not finite; null when none has, alone and with other draws.</summary>
    /// <param name="stage">Its parameters' gradients are overwritten.</param>
    /// <param name="rows">The batch whose gradient is not finite.</param>
    /// <param name="klWeight">The KL weight of the update.</param>
    /// <param name="device">Where the networks are.</param>
    public static string? FindByGradient(Stage stage, TrainingBatch rows, double klWeight, Device device)
    {
        using var noise = new Generator((ulong)(uint)stage.Options.KnownSeed, device);
        for (int i = 0; i < rows.Rows.Count; i++)
        {
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create([rows.Rows[i]], device);
            foreach (var parameter in stage.Parameters)
                parameter.grad = null;
            stage.Evaluate(batch, noise, klWeight).Objective.sum().backward();
            // Nothing is clipped at an infinite norm: only the norm is wanted.
            if (!double.IsFinite(nn.utils.clip_grad_norm_(stage.Parameters, double.PositiveInfinity)))
                return Name(rows, i);
        }
        return null;
    }

    private static string? Name(TrainingBatch rows, int row) =>
        rows.Rows[row].Id is { } id ? $"'{id}'" : rows.Places[row] < 0 ? null : $"{rows.Places[row]} (counted from 0)";
}
