using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>What the gates of recurrent cells make of a row's state, in vectors; the last vector repeats numbers of the one before where it
/// would not be full.</summary>
/// <remarks>The gates are the sums of what input and state bring, gate after gate, H numbers each.</remarks>
internal static class RowCells
{
    private static int Width => Vector512<float>.Count;

    /// <summary>h = tanh(x + s)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rnn(ReadOnlySpan<float> input, ReadOnlySpan<float> state, Span<float> after)
    {
        int size = after.Length;
        if (size < Width)
        {
            Span<float> wide = stackalloc float[3 * Width];
            Rnn(Widen(input, 1, wide), Widen(state, 1, wide[Width..]), wide[(2 * Width)..]);
            wide.Slice(2 * Width, size).CopyTo(after);
            return;
        }
        ref float x = ref MemoryMarshal.GetReference(input), s = ref MemoryMarshal.GetReference(state), h = ref MemoryMarshal.GetReference(after);
        for (int i = 0; i < size; i += Width)
        {
            int at = Math.Min(i, size - Width);
            RowFunctions.Tanh(Load(ref x, at) + Load(ref s, at)).StoreUnsafe(ref h, (nuint)at);
        }
    }

    /// <summary>Reset r, update z and candidate n: n = tanh(x_n + r s_n), h = n + z (h_before − n).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gru(ReadOnlySpan<float> input, ReadOnlySpan<float> state, ReadOnlySpan<float> before, Span<float> after)
    {
        int size = after.Length;
        if (size < Width)
        {
            Span<float> wide = stackalloc float[8 * Width];
            Gru(Widen(input, 3, wide), Widen(state, 3, wide[(3 * Width)..]), Widen(before, 1, wide[(6 * Width)..]), wide[(7 * Width)..]);
            wide.Slice(7 * Width, size).CopyTo(after);
            return;
        }
        ref float x = ref MemoryMarshal.GetReference(input), s = ref MemoryMarshal.GetReference(state);
        ref float old = ref MemoryMarshal.GetReference(before), h = ref MemoryMarshal.GetReference(after);
        for (int i = 0; i < size; i += Width)
        {
            int at = Math.Min(i, size - Width);
            var reset = RowFunctions.Sigmoid(Load(ref x, at) + Load(ref s, at));
            var update = RowFunctions.Sigmoid(Load(ref x, size + at) + Load(ref s, size + at));
            var candidate = RowFunctions.Tanh(Vector512.FusedMultiplyAdd(reset, Load(ref s, 2 * size + at), Load(ref x, 2 * size + at)));
            Vector512.FusedMultiplyAdd(update, Load(ref old, at) - candidate, candidate).StoreUnsafe(ref h, (nuint)at);
        }
    }

    /// <summary>In i, forget f, candidate g and out o: c = f c_before + i g, h = o tanh(c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lstm(ReadOnlySpan<float> input, ReadOnlySpan<float> state, ReadOnlySpan<float> before, Span<float> after, Span<float> memory)
    {
        int size = after.Length;
        if (size < Width)
        {
            Span<float> wide = stackalloc float[11 * Width];
            Lstm(Widen(input, 4, wide), Widen(state, 4, wide[(4 * Width)..]), Widen(before, 1, wide[(8 * Width)..]), wide.Slice(9 * Width, Width), wide[(10 * Width)..]);
            wide.Slice(9 * Width, size).CopyTo(after);
            wide.Slice(10 * Width, size).CopyTo(memory);
            return;
        }
        ref float x = ref MemoryMarshal.GetReference(input), s = ref MemoryMarshal.GetReference(state), old = ref MemoryMarshal.GetReference(before);
        ref float h = ref MemoryMarshal.GetReference(after), c = ref MemoryMarshal.GetReference(memory);
        for (int i = 0; i < size; i += Width)
        {
            int at = Math.Min(i, size - Width);
            var enter = RowFunctions.Sigmoid(Load(ref x, at) + Load(ref s, at));
            var keep = RowFunctions.Sigmoid(Load(ref x, size + at) + Load(ref s, size + at));
            var candidate = RowFunctions.Tanh(Load(ref x, 2 * size + at) + Load(ref s, 2 * size + at));
            var leave = RowFunctions.Sigmoid(Load(ref x, 3 * size + at) + Load(ref s, 3 * size + at));
            var kept = Vector512.FusedMultiplyAdd(keep, Load(ref old, at), enter * candidate);
            kept.StoreUnsafe(ref c, (nuint)at);
            (leave * RowFunctions.Tanh(kept)).StoreUnsafe(ref h, (nuint)at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(ref float start, int at) => Vector512.LoadUnsafe(ref start, (nuint)at);

    // Each of `parts` quantities with zeros behind it, to a whole vector.
    private static Span<float> Widen(ReadOnlySpan<float> narrow, int parts, Span<float> wide)
    {
        int size = narrow.Length / parts;
        wide = wide[..(parts * Width)];
        wide.Clear();
        for (int part = 0; part < parts; part++)
            narrow.Slice(part * size, size).CopyTo(wide[(part * Width)..]);
        return wide;
    }
}
