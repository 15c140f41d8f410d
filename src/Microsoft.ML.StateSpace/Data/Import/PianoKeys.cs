namespace Microsoft.ML.StateSpace.Data.Import;

/// <summary>The keys of a piano-roll's step: MIDI pitches that follow one another.</summary>
/// <param name="Count">The numbers of a step.</param>
/// <param name="LowestPitch">The MIDI pitch of the first.</param>
internal readonly record struct PianoKeys(int Count, int LowestPitch)
{
    /// <summary>The 88 keys of a piano, A0 (21) to C8 (108).</summary>
    public static PianoKeys Piano => new(PianoRollText.PianoKeys, 21);

    public int HighestPitch => LowestPitch + Count - 1;

    /// <summary>The index of a pitch within a step; null when no key has it.</summary>
    public int? IndexOf(long pitch) => pitch >= LowestPitch && pitch <= HighestPitch ? (int)(pitch - LowestPitch) : null;
}
