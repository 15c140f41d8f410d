using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>log p(z) − log q(z) of a step's draws, without gradients.</summary>
/// <param name="prior">p</param>
/// <param name="draw">q and its draw.</param>
/// <param name="tape">The tape.</param>
internal sealed class TapeGain(TapeGaussian prior, TapeDraw draw, ScanTape tape)
{
    /// <summary>In nats, [row·N].</summary>
    public Tensor At(int step)
    {
        if (!tape.InMemory)
            return prior.At(step).LogProbability(draw.Value.At(step)) - draw.Of.At(step).LogProbability(draw.Value.At(step));
        var gain = empty([tape.RowsOf(step)], tape.Type);
        if (tape.Type == ScalarType.Float64)
            Fill<double>(gain, step);
        else
            Fill<float>(gain, step);
        return gain;
    }

    // Σ ½ ε² − ½ ((z − μ_p)/σ_p)² + log(σ_q/σ_p)
    private void Fill<T>(Tensor gain, int step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var result = MemoryMarshal.Cast<byte, T>(gain.bytes);
        int size = (int)draw.Value.Size;
        Span<T> ofPrior = new T[size], ratio = new T[size], distance = new T[size];
        var half = T.CreateChecked(0.5);
        long first = tape.FirstRow(step);
        for (int i = 0; i < result.Length; i++)
        {
            long row = first + i;
            prior.Variance.ScaleOf<T>(prior.RawVariance.Row<T>(row), ofPrior);
            TensorPrimitives.Subtract<T>(draw.Value.Row<T>(row), prior.Mean.Row<T>(row), distance);
            TensorPrimitives.Divide<T>(distance, ofPrior, distance);
            TensorPrimitives.Divide<T>(draw.Scale!.Row<T>(row), ofPrior, ratio);
            TensorPrimitives.Log<T>(ratio, ratio);
            result[i] = half * (TensorPrimitives.SumOfSquares<T>(draw.Noise.Row<T>(row)) - TensorPrimitives.SumOfSquares<T>(distance))
                + TensorPrimitives.Sum<T>(ratio);
        }
    }
}
