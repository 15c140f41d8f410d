using System.Numerics;
using System.Numerics.Tensors;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>An LSTM in plain numbers, row by row.</summary>
internal sealed class RowLstm<T>(TapeLstm cell, ScanTape tape) : TapeOperation where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _size = (int)cell.State.Size;
    private readonly T[] _open = new T[cell.State.Size], _nothing = new T[cell.State.Size];

    public override void Forward(int step)
    {
        var ancestors = tape.AncestorNumbers(step);
        long first = tape.FirstRow(step), rows = tape.RowsOf(step), goingOn = tape.GoingOn(step);
        for (int i = 0; i < rows; i++)
        {
            var gates = cell.Sums.Row<T>(first + i);
            Span<T> inAndForget = gates[..(2 * _size)], open = gates.Slice(cell.Gates.Out * _size, _size), candidate = gates.Slice(cell.Gates.Candidate * _size, _size),
                c = cell.Memory.Row<T>(first + i), h = cell.State.Row<T>(first + i);
            TensorPrimitives.Sigmoid(inAndForget, inAndForget);
            TensorPrimitives.Sigmoid(open, open);
            TensorPrimitives.Tanh(candidate, candidate);
            TensorPrimitives.Multiply(inAndForget[.._size], candidate, c);
            if (i < goingOn)
                TensorPrimitives.MultiplyAdd(inAndForget[_size..], cell.Memory.Row<T>(Before(step, i, ancestors)), c, c);
            TensorPrimitives.Tanh(c, h);
            TensorPrimitives.Multiply(h, open, h);
        }
    }

    public override void Backward(int step)
    {
        var ancestors = tape.AncestorNumbers(step);
        long first = tape.FirstRow(step), rows = tape.RowsOf(step), goingOn = tape.GoingOn(step);
        for (int i = 0; i < rows; i++)
        {
            long row = first + i, before = i < goingOn ? Before(step, i, ancestors) : -1;
            TensorPrimitives.Tanh(cell.Memory.Row<T>(row), _open);
            Gradients(cell.Sums.Row<T>(row), before < 0 ? _nothing : cell.Memory.Row<T>(before), cell.State.GradientRow<T>(row),
                cell.Memory.GradientRow<T>(row), cell.Sums.GradientRow<T>(row));
            if (before >= 0)
                TensorPrimitives.MultiplyAdd(cell.Memory.GradientRow<T>(row), cell.Sums.Row<T>(row).Slice(_size, _size),
                    cell.Memory.GradientRow<T>(before), cell.Memory.GradientRow<T>(before));
        }
    }

    private long Before(int step, int row, ReadOnlySpan<long> ancestors) => tape.FirstRow(step - 1) + (ancestors.IsEmpty ? row : ancestors[row]);

    // Of c in place, and of the gates before their nonlinearity.
    private void Gradients(ReadOnlySpan<T> gates, ReadOnlySpan<T> before, ReadOnlySpan<T> ofState, Span<T> ofMemory, Span<T> ofGates)
    {
        int k = 0;
        for (; k <= _size - Vector<T>.Count; k += Vector<T>.Count)
        {
            Vector<T> In(ReadOnlySpan<T> of, int gate) => new(of[(gate * _size + k)..]);
            var (i, f, o, g) = (In(gates, 0), In(gates, 1), In(gates, cell.Gates.Out), In(gates, cell.Gates.Candidate));
            var (open, h) = (new Vector<T>(_open.AsSpan(k)), In(ofState, 0));
            var c = In(ofMemory, 0) + h * o * (Vector<T>.One - open * open);
            c.CopyTo(ofMemory[k..]);
            (c * g * i * (Vector<T>.One - i)).CopyTo(ofGates[k..]);
            (c * In(before, 0) * f * (Vector<T>.One - f)).CopyTo(ofGates[(_size + k)..]);
            (h * open * o * (Vector<T>.One - o)).CopyTo(ofGates[(cell.Gates.Out * _size + k)..]);
            (c * i * (Vector<T>.One - g * g)).CopyTo(ofGates[(cell.Gates.Candidate * _size + k)..]);
        }
        for (; k < _size; k++)
        {
            var (i, f, o, g) = (gates[k], gates[_size + k], gates[cell.Gates.Out * _size + k], gates[cell.Gates.Candidate * _size + k]);
            ofMemory[k] += ofState[k] * o * (T.One - _open[k] * _open[k]);
            ofGates[k] = ofMemory[k] * g * i * (T.One - i);
            ofGates[_size + k] = ofMemory[k] * before[k] * f * (T.One - f);
            ofGates[cell.Gates.Out * _size + k] = ofState[k] * _open[k] * o * (T.One - o);
            ofGates[cell.Gates.Candidate * _size + k] = ofMemory[k] * i * (T.One - g * g);
        }
    }
}
