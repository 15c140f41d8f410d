using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A value as the step before left it, of each row's own ancestor.</summary>
/// <param name="tape">The tape.</param>
/// <param name="value">The value.</param>
/// <param name="start">What rows read at the first step: [1, d], or [B, d] without particles; null: zeros, as those that begin later do.</param>
internal sealed class TapeCarry(ScanTape tape, TapeValue value, TapeInput? start) : ITapeSource
{
    private Tensor? _start;

    /// <inheritdoc/>
    public long Size => value.Size;

    /// <inheritdoc/>
    public Tensor? At(int step) => step == 0 ? start?.Value.expand(tape.RowsOf(0), -1)
        : tape.Ancestors(step) is { } ancestors ? value.At(step - 1).index_select(0, ancestors)
        : First(value.At(step - 1), tape.GoingOn(step));

    /// <inheritdoc/>
    public int RowsAt(int step, Span<nint> rows)
    {
        if (step == 0)
            return start is null ? 0 : StartRows(rows);
        int count = (int)tape.GoingOn(step);
        long first = tape.FirstRow(step - 1);
        var ancestors = tape.AncestorNumbers(step);
        if (ancestors.IsEmpty)
            value.Fill(value.RowAddress(first), count, rows);
        else
            for (int i = 0; i < count; i++)
                rows[i] = value.RowAddress(first + ancestors[i]);
        return count;
    }

    /// <inheritdoc/>
    public bool GradientRowsAt(int step, Span<nint> rows, out int count)
    {
        count = step == 0 ? 0 : (int)tape.GoingOn(step);
        if (count == 0)
            return true;
        long first = tape.FirstRow(step - 1);
        var ancestors = tape.AncestorNumbers(step);
        if (ancestors.IsEmpty)
            value.Fill(value.GradientRowAddress(first), count, rows);
        else
            for (int i = 0; i < count; i++)
                rows[i] = value.GradientRowAddress(first + ancestors[i]);
        return ancestors.IsEmpty;
    }

    /// <inheritdoc/>
    public void AddProduct(int step, Tensor gradient, Tensor weight)
    {
        if (step == 0)
            start?.AddGradient((start.Value.shape[0] == 1 ? gradient.sum([0], keepdim: true) : gradient).mm(weight));
        else if (tape.Ancestors(step) is { } ancestors)
            value.GradientAt(step - 1).index_add_(0, ancestors, gradient.mm(weight), 1);
        else
            First(value.GradientAt(step - 1), tape.GoingOn(step)).addmm_(First(gradient, tape.GoingOn(step)), weight);
    }

    /// <summary>Adds <paramref name="gradient"/> ⊙ <paramref name="factor"/>, of all rows of a step, to what they read; nothing to a start.</summary>
    public void AddScaled(int step, Tensor gradient, Tensor factor)
    {
        if (step == 0)
            return;
        long rows = tape.GoingOn(step);
        if (tape.Ancestors(step) is { } ancestors)
            value.GradientAt(step - 1).index_add_(0, ancestors, gradient * factor, 1);
        else
            First(value.GradientAt(step - 1), rows).addcmul_(First(gradient, rows), First(factor, rows), 1);
    }

    /// <inheritdoc/>
    public Tensor OfWeights(Tensor ofProducts)
    {
        var later = tape.OfWeights(ofProducts, value.All);
        if (start is null)
            return later;
        var first = ofProducts.narrow(0, tape.FirstRow(0), tape.RowsOf(0));
        return later.addmm_((start.Value.shape[0] == 1 ? first.sum([0], keepdim: true) : first).t(), start.Value);
    }

    private int StartRows(Span<nint> rows)
    {
        _start ??= tape.Keep(start!.Value.detach().contiguous());
        nint first = TapeValue.AddressOf(_start), stride = _start.shape[0] == 1 ? 0 : (nint)(Size * _start.ElementSize);
        int count = (int)tape.RowsOf(0);
        for (int i = 0; i < count; i++)
            rows[i] = first + i * stride;
        return count;
    }

    private static Tensor First(Tensor rows, long count) => rows.shape[0] == count ? rows : rows.narrow(0, 0, count);
}
