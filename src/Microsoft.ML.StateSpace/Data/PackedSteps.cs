using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>A packed tensor [S, d] that is read step by step.</summary>
/// <remarks>Under gradients it is taken apart once: then the steps' gradients are put together by one concatenation, where cutting
/// them out one by one would fill and add a whole packed tensor for every step.</remarks>
internal sealed class PackedSteps(SequenceBatch batch, Tensor packed)
{
    private Tensor[]? _steps;

    /// <summary>These rows of it.</summary>
    public Tensor Of(PackedRange rows)
    {
        int step = Array.BinarySearch(batch.Offsets, rows.Start);
        if (!packed.requires_grad || !is_grad_enabled() || step < 0 || step >= batch.Steps || rows.Count != batch.Active[step])
            return rows.Of(packed);
        _steps ??= packed.split([.. batch.Active.Select(count => (long)count)], packed.dim() - 2);
        return _steps[step];
    }
}
