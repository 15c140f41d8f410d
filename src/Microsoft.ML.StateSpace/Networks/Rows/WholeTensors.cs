using System.Numerics.Tensors;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>One pass over tensors of float32 in memory, where LibTorch's calls make two or three; other tensors go through its calls.</summary>
internal static class WholeTensors
{
    // Numbers that are summed in float32 before they are added to a sum in float64.
    private const int Block = 4096;

    /// <summary>target = a + b</summary>
    public static void Sum(Tensor target, Tensor a, Tensor b)
    {
        if (Serves(target, a, b))
            TensorPrimitives.Add(RowPanels.Numbers(a), RowPanels.Numbers(b), RowPanels.Numbers(target));
        else
            target.copy_(a).add_(b);
    }

    /// <summary>mean = (1 − share) mean + share value</summary>
    public static void Approach(Tensor mean, Tensor value, double share)
    {
        if (Serves(mean, value))
            TensorPrimitives.Lerp(RowPanels.Numbers(mean), RowPanels.Numbers(value), (float)share, RowPanels.Numbers(mean));
        else
            mean.mul_(1 - share).add_(value, share);
    }

    /// <summary>The Euclidean norm of all tensors together, of no dimension.</summary>
    public static Tensor Norm(IReadOnlyList<Tensor> tensors)
    {
        if (tensors.All(one => Serves(one)))
            return tensor((float)Math.Sqrt(tensors.Sum(SumOfSquares)));
        using var scope = NewDisposeScope();
        return linalg.vector_norm(stack([.. tensors.Select(one => linalg.vector_norm(one))], 0)).MoveToOuterDisposeScope();
    }

    private static double SumOfSquares(Tensor values)
    {
        double sum = 0;
        for (ReadOnlySpan<float> rest = RowPanels.Numbers(values); rest.Length > 0; rest = rest[Math.Min(Block, rest.Length)..])
            sum += TensorPrimitives.SumOfSquares(rest[..Math.Min(Block, rest.Length)]);
        return sum;
    }

    private static bool Serves(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var one in tensors)
            if (!one.IsOnHost() || one.dtype != ScalarType.Float32 || !one.is_contiguous())
                return false;
        return true;
    }
}
