using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Finds the sequence whose bound is not finite.</summary>
internal static class Culprit
{
    /// <summary>Its id or its number among <paramref name="sequences"/>; null when every row's own bound is finite.</summary>
    /// <param name="objective">[B] in the batch's order.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="places">Which sequences the batch was made of.</param>
    /// <param name="sequences">All sequences.</param>
    public static string? Find(Tensor objective, SequenceBatch batch, int[] places, IReadOnlyList<Sequence> sequences)
    {
        float[] values = objective.detach().cpu().data<float>().ToArray();
        int row = Array.FindIndex(values, v => !float.IsFinite(v));
        if (row < 0)
            return null;
        int place = places[batch.Order[row]];
        return sequences[place].Id is { } id ? $"'{id}'" : $"{place} (counted from 0)";
    }
}
