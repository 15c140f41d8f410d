using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>A recurrent layer on the CPU, without gradients, every row by itself: a row's states are the same bits in whole sequences and
/// one step after another, alone and among others.</summary>
/// <remarks>The layer's own call is what it is tested against.</remarks>
internal sealed class RowRecurrence
{
    private readonly Parameter _inputWeight;
    private readonly Parameter _inputBias;
    private readonly RowPanels _state;
    private readonly RnnCell _cell;

    /// <param name="layer">An LSTM, GRU or RNN (tanh) of one layer, in float32.</param>
    public RowRecurrence(nn.Module layer)
    {
        var weights = layer.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        (_inputWeight, _inputBias) = (weights["weight_ih_l0"], weights["bias_ih_l0"]);
        _state = RowPanels.Of(weights["weight_hh_l0"], weights["bias_hh_l0"]);
        _cell = layer switch
        {
            LSTM => RnnCell.Lstm,
            GRU => RnnCell.Gru,
            RNN => RnnCell.Rnn,
            _ => throw new InvalidOperationException($"{layer.GetType()} is no recurrent layer."),
        };
    }

    private int Size => _state.Inputs;

    private int Gates => _state.Outputs;

    /// <summary>Whole sequences: inputs [S, in] to states [S, H].</summary>
    /// <param name="input">Packed rows.</param>
    /// <param name="batch">Their layout.</param>
    /// <param name="backward">Whether from each sequence's last step to its first.</param>
    public Tensor Run(Tensor input, SequenceBatch batch, bool backward)
    {
        using var scope = NewDisposeScope();
        var gates = RowProduct.Run(input, _inputWeight, _inputBias);
        var states = empty([input.shape[0], Size], ScalarType.Float32);
        var memory = _cell == RnnCell.Lstm ? empty_like(states) : states;
        Span<float> h = RowPanels.Numbers(states), c = RowPanels.Numbers(memory), own = RowPanels.Numbers(gates);
        var fromStates = new float[batch.Count * Gates];
        var none = new float[batch.Count * Size];
        for (int i = 0, last = -1; i < batch.Steps; i++)
        {
            int t = backward ? batch.Steps - 1 - i : i, start = (int)batch.Offsets[t], count = batch.Active[t];
            var (on, before) = last < 0 ? (0, 0) : (Math.Min(count, batch.Active[last]), (int)batch.Offsets[last]);
            last = t;
            Step(Of(own, start, on, Gates), Of(h, before, on, Size), Of(c, before, on, Size), fromStates, Of(h, start, on, Size), Of(c, start, on, Size));
            // Rows that begin come last.
            Step(Of(own, start + on, count - on, Gates), none.AsSpan(0, (count - on) * Size), none.AsSpan(0, (count - on) * Size), fromStates,
                Of(h, start + on, count - on, Size), Of(c, start + on, count - on, Size));
        }
        return states.MoveToOuterDisposeScope();
    }

    /// <summary>One step: inputs [row, in] to states [row, H], and what the next step goes on from.</summary>
    /// <param name="input">The step's inputs.</param>
    /// <param name="before">h, and an LSTM's c, each [row, H]; empty: the rows begin.</param>
    public (Tensor Output, Tensor[] After) Step(Tensor input, IReadOnlyList<Tensor> before)
    {
        using var scope = NewDisposeScope();
        var gates = RowProduct.Run(input, _inputWeight, _inputBias);
        Tensor[] old = before.Count > 0 ? [.. before.Select(part => part.contiguous())] : [zeros([input.shape[0], Size], ScalarType.Float32)];
        var states = empty([input.shape[0], Size], ScalarType.Float32);
        var memory = _cell == RnnCell.Lstm ? empty_like(states) : states;
        Step(RowPanels.Numbers(gates), RowPanels.Numbers(old[0]), RowPanels.Numbers(old[^1]), new float[input.shape[0] * Gates],
            RowPanels.Numbers(states), RowPanels.Numbers(memory));
        Tensor[] after = _cell == RnnCell.Lstm ? [states, memory] : [states];
        return (states.MoveToOuterDisposeScope(), [.. after.Select(part => part.MoveToOuterDisposeScope())]);
    }

    private static Span<float> Of(Span<float> rows, int start, int count, int size) => rows.Slice(start * size, count * size);

    // Neighbouring rows: what the inputs bring to the gates, the state before, and the state after; c is h where the cell has none.
    private void Step(Span<float> own, ReadOnlySpan<float> h, ReadOnlySpan<float> c, Span<float> fromStates, Span<float> newH, Span<float> newC)
    {
        int rows = newH.Length / Size;
        fromStates = fromStates[..(rows * Gates)];
        RowProduct.Compute(h, _state, fromStates, null);
        for (int row = 0; row < rows; row++)
        {
            Span<float> gates = Of(own, row, 1, Gates), from = Of(fromStates, row, 1, Gates), after = Of(newH, row, 1, Size);
            switch (_cell)
            {
                case RnnCell.Lstm:
                    RowCells.Lstm(gates, from, c.Slice(row * Size, Size), after, Of(newC, row, 1, Size));
                    break;
                case RnnCell.Gru:
                    RowCells.Gru(gates, from, h.Slice(row * Size, Size), after);
                    break;
                default:
                    RowCells.Rnn(gates, from, after);
                    break;
            }
        }
    }
}
