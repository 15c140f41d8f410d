using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>The elementwise part of a gated recurrent unit: n = tanh(x_n + r s_n), h = (1 − z) n + z h₋.</summary>
/// <remarks>Gates in the order reset, update, candidate.</remarks>
/// <param name="given">x: what the sources bring to the gates, [S·N, 3H].</param>
/// <param name="ofState">s: what the state brings to them, [S·N, 3H].</param>
/// <param name="state">h</param>
/// <param name="tape">The tape.</param>
internal sealed class TapeGru(TapeValue given, TapeValue ofState, TapeValue state, ScanTape tape) : TapeOperation
{
    private readonly long _size = state.Size;
    private readonly TapeCarry _before = new(tape, state, null);
    private readonly TapeValue _open = given.Columns(0, 2 * state.Size), _reset = given.Columns(0, state.Size), _update = given.Columns(state.Size, state.Size),
        _candidate = given.Columns(2 * state.Size, state.Size), _openOfState = ofState.Columns(0, 2 * state.Size), _candidateOfState = ofState.Columns(2 * state.Size, state.Size);
    private Tensor[] _ofState = [], _ofCandidate = [];

    public override void Forward(int step)
    {
        _open.At(step).add_(_openOfState.At(step)).sigmoid_();
        var n = _candidate.At(step).addcmul_(_reset.At(step), _candidateOfState.At(step), 1).tanh_();
        var h = state.At(step).copy_(n).addcmul_(_update.At(step), n, -1);
        if (_before.At(step) is { } earlier)
            h.narrow(0, 0, earlier.shape[0]).addcmul_(_update.At(step).narrow(0, 0, earlier.shape[0]), earlier, 1);
    }

    public override void BeginBackward()
    {
        var (reset, update, candidate) = (_reset.All, _update.All, _candidate.All);
        var ofCandidate = (1 - update) * (1 - candidate.square());
        ofState.Gradient.copy_(cat([ofCandidate * _candidateOfState.All * reset * (1 - reset), (tape.RowsBefore(state.All) - candidate) * update * (1 - update),
            ofCandidate * reset], 1));
        _candidate.Gradient.copy_(ofCandidate);
        (_ofState, _ofCandidate) = (tape.StepsOf(ofState.Gradient.view(-1, 3, _size)), tape.StepsOf(_candidate.Gradient));
    }

    public override void Backward(int step)
    {
        var h = state.GradientAt(step);
        _ofState[step].mul_(h.unsqueeze(1));
        _open.GradientAt(step).copy_(_openOfState.GradientAt(step));
        _ofCandidate[step].mul_(h);
        _before.AddScaled(step, h, _update.At(step));
    }
}
