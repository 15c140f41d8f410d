using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>Tensors of like rows but different leading (particle) dimensions, put together.</summary>
internal static class Broadcast
{
    /// <summary>Concatenates along <paramref name="dimension"/> (negative), leading dimensions expanded to the most particles.</summary>
    public static Tensor Concatenate(IReadOnlyList<Tensor> parts, int dimension)
    {
        if (parts.Count == 1)
            return parts[0];
        long dimensions = parts.Max(p => p.dim());
        long[] leading = parts.First(p => p.dim() == dimensions).shape[..(int)(dimensions + dimension)];
        return cat([.. parts.Select(p => p.dim() == dimensions ? p : p.expand([.. leading, .. p.shape]))], dimension);
    }
}
