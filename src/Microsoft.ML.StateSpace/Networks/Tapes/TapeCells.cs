using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>The elementwise part of a long short-term memory: c = f c₋ + i g, h = o tanh c.</summary>
/// <remarks>Gates in the order in, forget, out, candidate, as in <see cref="RecurrentCell"/>.</remarks>
/// <param name="Sums">The gates before their nonlinearity, [S·N, 4H].</param>
/// <param name="Memory">c</param>
/// <param name="Before">c of the step _before.</param>
/// <param name="State">h</param>
internal sealed record TapeLstm(TapeValue Sums, TapeValue Memory, TapeCarry Before, TapeValue State)
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
    private readonly TapeValue _sums, _memory, _state, _open, _in, _forget, _out, _candidate;
    private Tensor[] _openness = [], _throughMemory = [];

    public TensorLstm(TapeLstm cell, ScanTape tape)
    {
        (_tape, _before, _sums, _memory, _state, _size) = (tape, cell.Before, cell.Sums, cell.Memory, cell.State, cell.State.Size);
        _open = _sums.Columns(0, 3 * _size);
        (_in, _forget) = (_sums.Columns(0, _size), _sums.Columns(_size, _size));
        (_out, _candidate) = (_sums.Columns(2 * _size, _size), _sums.Columns(3 * _size, _size));
    }

    public override void Forward(int step)
    {
        _open.At(step).sigmoid_();
        var c = _memory.At(step).addcmul_(_in.At(step), _candidate.At(step).tanh_(), 1);
        if (_before.At(step) is { } earlier)
            c.addcmul_(_forget.At(step), earlier, 1);
        _state.At(step).addcmul_(_out.At(step), c.tanh(), 1);
    }

    public override void BeginBackward()
    {
        var open = _memory.All.tanh();
        _openness = _tape.StepsOf((_out.All * (1 - open.square())));
        // What the gradient of c, for the out gate that of h, is multiplied with.
        _in.Gradient.copy_(_candidate.All * Slope(_in.All));
        _forget.Gradient.copy_(_before.All * Slope(_forget.All));
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

/// <summary>The elementwise part of a gated recurrent unit: n = tanh(x_n + r s_n), h = (1 − z) n + z h₋.</summary>
/// <remarks>Gates in the order reset, update, candidate.</remarks>
/// <param name="sums">What the sources bring to the gates, then what the state brings to them, [S·N, 6H].</param>
/// <param name="before">h of the step before.</param>
/// <param name="state">h</param>
/// <param name="tape">The tape.</param>
internal sealed class TapeGru(TapeValue sums, TapeCarry before, TapeValue state, ScanTape tape) : TapeOperation
{
    private readonly long _size = state.Size;
    private readonly TapeValue _open = sums.Columns(0, 2 * state.Size), _reset = sums.Columns(0, state.Size), _update = sums.Columns(state.Size, state.Size),
        _candidate = sums.Columns(2 * state.Size, state.Size), _ofState = sums.Columns(3 * state.Size, 2 * state.Size), _stateCandidate = sums.Columns(5 * state.Size, state.Size);
    private Tensor[] _gradients = [];

    public override void Forward(int step)
    {
        _open.At(step).add_(_ofState.At(step)).sigmoid_();
        var n = _candidate.At(step).addcmul_(_reset.At(step), _stateCandidate.At(step), 1).tanh_();
        var h = state.At(step).copy_(n).addcmul_(_update.At(step), n, -1);
        if (before.At(step) is { } earlier)
            h.addcmul_(_update.At(step), earlier, 1);
    }

    public override void BeginBackward()
    {
        var (reset, update, candidate) = (_reset.All, _update.All, _candidate.All);
        var ofCandidate = (1 - update) * (1 - candidate.square());
        var ofReset = ofCandidate * _stateCandidate.All * reset * (1 - reset);
        var ofUpdate = (before.All - candidate) * update * (1 - update);
        sums.Gradient.copy_(cat([ofReset, ofUpdate, ofCandidate, ofReset, ofUpdate, ofCandidate * reset], 1));
        _gradients = tape.StepsOf(sums.Gradient.view(-1, 6, _size));
    }

    public override void Backward(int step)
    {
        var h = state.GradientAt(step);
        _gradients[step].mul_(h.unsqueeze(1));
        before.AddScaled(step, h, _update.At(step));
    }
}

/// <summary>The elementwise part of a plain recurrent network: h = tanh(sum).</summary>
internal sealed class TapeTanh(TapeValue sums, TapeValue state) : TapeOperation
{
    public override void Forward(int step) => state.At(step).copy_(sums.At(step)).tanh_();

    public override void BeginBackward() => sums.Gradient.copy_(1 - state.All.square());

    public override void Backward(int step) => sums.GradientAt(step).mul_(state.GradientAt(step));
}
