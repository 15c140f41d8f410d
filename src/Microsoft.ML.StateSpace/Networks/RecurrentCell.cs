using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>One step of an LSTM, GRU or plain RNN, for any leading dimensions.</summary>
/// <remarks>What two sources bring to the gates is asked for apart, so that one that particles share, or that is known for all steps,
/// is computed once. The gates stand in the order in, forget, out, candidate (LSTM) and reset, update, candidate (GRU).</remarks>
internal sealed class RecurrentCell : nn.Module
{
    private readonly Parameter first;
    private readonly Parameter? second;
    private readonly Parameter bias;
    private readonly Parameter recurrent;
    // Only a GRU tells this bias from the other: the reset gate weighs it.
    private readonly Parameter? recurrentBias;
    private readonly RnnCell _cell;
    private readonly int _size;

    /// <summary>Makes the cell: Xavier input weights, orthogonal recurrent ones, an LSTM's forget bias 1, other biases 0.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="firstSize">Numbers of the first source.</param>
    /// <param name="secondSize">Numbers of the second source; 0: there is none.</param>
    /// <param name="size">H, the units.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    public RecurrentCell(RnnCell cell, long firstSize, long secondSize, int size, Initializer initializer) : base(nameof(RecurrentCell))
    {
        (_cell, _size) = (cell, size);
        Gates = cell switch
        {
            RnnCell.Lstm => 4,
            RnnCell.Gru => 3,
            RnnCell.Rnn => 1,
            _ => throw new ArgumentOutOfRangeException(nameof(cell), cell, "Unknown cell."),
        };
        first = initializer.Weight(Gates * size, firstSize);
        initializer.SetWeight(first, Gates);
        if (secondSize > 0)
        {
            second = initializer.Weight(Gates * size, secondSize);
            initializer.SetWeight(second, Gates);
        }
        bias = initializer.Constant(Gates * size);
        if (cell == RnnCell.Lstm)
            Initializer.SetConstant(bias, 1, size, size);
        recurrent = initializer.Weight(Gates * size, size);
        initializer.SetOrthogonal(recurrent, Gates);
        recurrentBias = cell == RnnCell.Gru ? initializer.Constant(Gates * size) : null;
        RegisterComponents();
    }

    /// <summary>G, the gates.</summary>
    public int Gates { get; }

    /// <summary>The tensors of a state: h, and an LSTM's c.</summary>
    public int Parts => _cell == RnnCell.Lstm ? 2 : 1;

    /// <summary>What the first source brings to the gates, the bias included: [.., in] to [.., G·H].</summary>
    public Tensor OfFirst(Tensor input) => Affine.Product(input, first, bias);

    /// <summary>What the second source brings: [.., in] to [.., G·H].</summary>
    public Tensor OfSecond(Tensor input) => Affine.Product(input, second!, null);

    /// <summary>The state before the first step: zeros, each [rows, H].</summary>
    public Tensor[] Begin(long rows)
    {
        var zero = zeros([rows, _size], bias.dtype, bias.device);
        return _cell == RnnCell.Lstm ? [zero, zero] : [zero];
    }

    /// <summary>The state after a step: h [.., row, H], and an LSTM's c.</summary>
    /// <param name="gates">What the sources bring together, [.., row, G·H].</param>
    /// <param name="state">The state before.</param>
    public Tensor[] Step(Tensor gates, IReadOnlyList<Tensor> state)
    {
        var before = state[0];
        // Where the particles part, so does what they shared: then every sequence's product stays its own (see Affine).
        if (before.dim() < gates.dim())
            before = before.expand([gates.shape[0], .. before.shape]);
        var fromState = Affine.Product(before, recurrent, recurrentBias);
        return _cell switch
        {
            RnnCell.Lstm => Lstm(gates + fromState, state[1]),
            RnnCell.Gru => [Gru(gates, fromState, before)],
            _ => [RowFunctions.Tanh(gates + fromState)],
        };
    }

    /// <summary>As <see cref="Step"/>, for the rows of a tape; returns an LSTM's c.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="given">What <see cref="OfFirst"/> brings to the gates, [S, G·H].</param>
    /// <param name="before">The second source of the step before; null: there is none.</param>
    /// <param name="state">Where h goes.</param>
    internal TapeValue? Lay(ScanTape tape, Tensor given, TapeCarry? before, TapeValue state)
    {
        var sums = _cell == RnnCell.Rnn ? state : tape.Value(Gates * _size);
        sums.StartFromRows(tape.Input(given));
        if (before is not null)
            Affine.AddProducts(tape, [before], second!, sums);
        return TapeCells.Lay(tape, _cell, LstmGates.OfCell, sums, (recurrent, recurrentBias), state);
    }

    private Tensor[] Lstm(Tensor sum, Tensor memory)
    {
        var parts = sum.split([3 * _size, _size], -1);
        var open = RowFunctions.Sigmoid(parts[0]).chunk(3, -1);
        var c = (open[1] * memory).addcmul(open[0], RowFunctions.Tanh(parts[1]), 1);
        return [open[2] * RowFunctions.Tanh(c), c];
    }

    private Tensor Gru(Tensor gates, Tensor fromState, Tensor before)
    {
        Tensor[] given = gates.split([2 * _size, _size], -1), own = fromState.split([2 * _size, _size], -1);
        var open = RowFunctions.Sigmoid(given[0] + own[0]).chunk(2, -1);
        return RowFunctions.Mix(RowFunctions.Tanh(given[1].addcmul(open[0], own[1], 1)), before, open[1]);
    }
}
