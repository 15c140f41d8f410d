using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>Vectors side by side.</summary>
internal static class Columns
{
    /// <summary>Concatenates [.., row, a], [row, b], … along the last dimension; parts without particles are shared by all particles.</summary>
    public static Tensor Join(params Tensor[] parts)
    {
        long dimensions = parts.Max(p => p.dim());
        long[] leading = parts.First(p => p.dim() == dimensions).shape[..^1];
        return cat([.. parts.Select(p => p.dim() == dimensions ? p : p.expand([.. leading, p.shape[^1]]))], -1);
    }
}
