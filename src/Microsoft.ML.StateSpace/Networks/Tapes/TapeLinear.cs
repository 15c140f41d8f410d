using System.Numerics.Tensors;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>Adds W · source to a value.</summary>
/// <param name="source">[S·N, in]</param>
/// <param name="weight">W, [out, in]</param>
/// <param name="target">[S·N, out]</param>
/// <param name="tape">The tape.</param>
internal sealed class TensorLinear(ITapeSource source, TapeInput weight, TapeValue target, ScanTape tape) : TapeOperation
{
    private Tensor? _transposed;

    public override void Forward(int step)
    {
        if (source.At(step) is not { } input)
            return;
        var rows = target.At(step);
        (rows.shape[0] == input.shape[0] ? rows : rows.narrow(0, 0, input.shape[0]))
            .addmm_(input, _transposed ??= tape.Keep(weight.Value.t().contiguous()));
    }

    public override void Backward(int step) => source.AddProduct(step, target.GradientAt(step), weight.Value);

    public override void EndBackward() => weight.AddGradient(source.OfWeights(target.Gradient));
}

/// <summary>The same row by row, in float32 in memory.</summary>
internal sealed unsafe class RowLinear(ITapeSource source, TapeInput weight, TapeValue target, ScanTape tape) : TapeOperation
{
    private readonly nint[] _from = new nint[tape.MostRows], _to = new nint[tape.MostRows];
    private readonly TensorLinear _plain = new(source, weight, target, tape);
    private WeightPanels? _forward, _back;

    public override void Forward(int step)
    {
        int rows = source.RowsAt(step, _from);
        target.RowsAt(step, _to);
        Panels(ref _forward, transposed: true).AddProducts(_from.AsSpan(0, rows), _to.AsSpan(0, rows));
    }

    public override void Backward(int step)
    {
        bool distinct = source.GradientRowsAt(step, _to, out int rows);
        if (rows == 0)
        {
            source.AddProduct(step, target.Gradient.narrow(0, tape.FirstRow(step), tape.RowsOf(step)), weight.Value);
            return;
        }
        target.GradientRowsAt(step, _from, out _);
        var panels = Panels(ref _back, transposed: false);
        if (distinct)
            panels.AddProducts(_from.AsSpan(0, rows), _to.AsSpan(0, rows));
        else
            AddApart(panels, rows);
    }

    public override void EndBackward() => _plain.EndBackward();

    // Siblings share an ancestor's gradient: each one's product is added in turn.
    private void AddApart(WeightPanels panels, int rows)
    {
        int size = panels.Outputs;
        float[] products = new float[rows * size];
        Span<nint> apart = new nint[rows];
        fixed (float* first = products)
        {
            for (int i = 0; i < rows; i++)
                apart[i] = (nint)(first + i * size);
            panels.AddProducts(_from.AsSpan(0, rows), apart);
        }
        for (int i = 0; i < rows; i++)
        {
            var sum = new Span<float>((float*)_to[i], size);
            TensorPrimitives.Add(sum, products.AsSpan(i * size, size), sum);
        }
    }

    private WeightPanels Panels(ref WeightPanels? kept, bool transposed)
    {
        if (kept is null)
        {
            kept = WeightPanels.Of(transposed ? weight.Value.t() : weight.Value);
            tape.Keep(kept.Memory);
        }
        return kept;
    }
}
