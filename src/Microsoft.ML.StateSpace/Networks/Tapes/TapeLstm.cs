using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>The places of an LSTM's gates among its sums, the first 0 and the second 1: in and forget.</summary>
/// <param name="Out">Of the out gate: 2 or 3.</param>
/// <param name="Candidate">Of the candidate: 3 or 2.</param>
internal readonly record struct LstmGates(int Out, int Candidate)
{
    /// <summary>As in <see cref="RecurrentCell"/>.</summary>
    public static LstmGates OfCell => new(2, 3);

    /// <summary>As in LibTorch's layers.</summary>
    public static LstmGates OfLayer => new(3, 2);
}

/// <summary>The elementwise part of a long short-term memory: c = f c₋ + i g, h = o tanh c.</summary>
/// <param name="Sums">The gates before their nonlinearity, [S·N, 4H].</param>
/// <param name="Gates">Their order.</param>
/// <param name="Memory">c</param>
/// <param name="State">h</param>
internal sealed record TapeLstm(TapeValue Sums, LstmGates Gates, TapeValue Memory, TapeValue State)
{
    /// <summary>Adds the cell to every step.</summary>
    public void LayOn(ScanTape tape) => tape.Add(!tape.InMemory ? new TensorLstm(this, tape)
        : tape.Type == ScalarType.Float64 ? new RowLstm<double>(this, tape) : new RowLstm<float>(this, tape));
}

/// <summary>An LSTM by LibTorch's operations.</summary>
internal sealed class TensorLstm : TapeOperation
{
    private readonly long _size;
    private readonly ScanTape _tape;
    private readonly TapeCarry _before;
    private readonly TapeValue _sums, _memory, _state, _inAndForget, _in, _forget, _out, _candidate;
    private Tensor[] _openness = [], _throughMemory = [];

    public TensorLstm(TapeLstm cell, ScanTape tape)
    {
        (_tape, _sums, _memory, _state, _size) = (tape, cell.Sums, cell.Memory, cell.State, cell.State.Size);
        _before = new TapeCarry(tape, _memory, null);
        _inAndForget = _sums.Columns(0, 2 * _size);
        (_in, _forget) = (_sums.Columns(0, _size), _sums.Columns(_size, _size));
        (_out, _candidate) = (_sums.Columns(cell.Gates.Out * _size, _size), _sums.Columns(cell.Gates.Candidate * _size, _size));
    }

    public override void Forward(int step)
    {
        _inAndForget.At(step).sigmoid_();
        var c = _memory.At(step).addcmul_(_in.At(step), _candidate.At(step).tanh_(), 1);
        if (_before.At(step) is { } earlier)
            c.narrow(0, 0, earlier.shape[0]).addcmul_(_forget.At(step).narrow(0, 0, earlier.shape[0]), earlier, 1);
        _state.At(step).addcmul_(_out.At(step).sigmoid_(), c.tanh(), 1);
    }

    public override void BeginBackward()
    {
        var open = _memory.All.tanh();
        _openness = _tape.StepsOf(_out.All * (1 - open.square()));
        // What the gradient of c, for the out gate that of h, is multiplied with.
        _in.Gradient.copy_(_candidate.All * Slope(_in.All));
        _forget.Gradient.copy_(_tape.RowsBefore(_memory.All) * Slope(_forget.All));
        _out.Gradient.copy_(open * Slope(_out.All));
        _candidate.Gradient.copy_(_in.All * (1 - _candidate.All.square()));
        _throughMemory = _tape.StepsOf(_sums.Gradient.view(-1, 4, _size).narrow(1, 0, 2));
    }

    public override void Backward(int step)
    {
        var (h, c) = (_state.GradientAt(step), _memory.GradientAt(step));
        c.addcmul_(h, _openness[step], 1);
        _throughMemory[step].mul_(c.unsqueeze(1));
        _out.GradientAt(step).mul_(h);
        _candidate.GradientAt(step).mul_(c);
        _before.AddScaled(step, c, _forget.At(step));
    }

    private static Tensor Slope(Tensor sigmoid) => sigmoid * (1 - sigmoid);
}
