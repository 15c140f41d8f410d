using System.Numerics;
using System.Numerics.Tensors;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A draw in plain numbers, row by row.</summary>
internal sealed class RowDraw<T>(TapeDraw draw, TapeValue scales, ScanTape tape) : TapeOperation where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T[] _slope = new T[draw.Value.Size];

    public override void Forward(int step)
    {
        for (long row = tape.FirstRow(step), end = row + tape.RowsOf(step); row < end; row++)
        {
            var scale = scales.Row<T>(row);
            draw.Of.Variance.ScaleOf<T>(draw.Of.RawVariance.Row<T>(row), scale);
            TensorPrimitives.MultiplyAdd<T>(scale, draw.Noise.Row<T>(row), draw.Of.Mean.Row<T>(row), draw.Value.Row<T>(row));
        }
    }

    public override void Backward(int step)
    {
        for (long row = tape.FirstRow(step), end = row + tape.RowsOf(step); row < end; row++)
        {
            Span<T> gradient = draw.Value.GradientRow<T>(row), ofMean = draw.Of.Mean.GradientRow<T>(row), ofRaw = draw.Of.RawVariance.GradientRow<T>(row);
            TensorPrimitives.Add(ofMean, gradient, ofMean);
            draw.Of.Variance.ScaleSlope<T>(draw.Of.RawVariance.Row<T>(row), scales.Row<T>(row), _slope);
            TensorPrimitives.Multiply(_slope, draw.Noise.Row<T>(row), _slope);
            TensorPrimitives.MultiplyAdd(_slope, gradient, ofRaw, ofRaw);
        }
    }
}
