using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>The recurrent cells of a tape.</summary>
internal static class TapeCells
{
    /// <summary>Lays a cell; returns an LSTM's c.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="gates">The order of an LSTM's.</param>
    /// <param name="sums">What its sources bring to the gates, [S·N, G·H]; of a plain RNN <paramref name="state"/> itself.</param>
    /// <param name="recurrent">What brings h of the step before to them, [G·H, H], and a GRU's bias of it.</param>
    /// <param name="state">Where h goes.</param>
    public static TapeValue? Lay(ScanTape tape, RnnCell cell, LstmGates gates, TapeValue sums, (Tensor Weight, Tensor? Bias) recurrent, TapeValue state)
    {
        var ofState = sums;
        if (cell == RnnCell.Gru)
        {
            ofState = tape.Value(sums.Size);
            ofState.StartFrom(tape.Input(recurrent.Bias!));
        }
        Affine.AddProducts(tape, [new TapeCarry(tape, state, null)], recurrent.Weight, ofState);
        switch (cell)
        {
            case RnnCell.Lstm:
                var memory = tape.Value(state.Size);
                new TapeLstm(sums, gates, memory, state).LayOn(tape);
                return memory;
            case RnnCell.Gru:
                tape.Add(new TapeGru(sums, ofState, state, tape));
                return null;
            default:
                tape.Activate(state, Activation.Tanh);
                return null;
        }
    }
}
