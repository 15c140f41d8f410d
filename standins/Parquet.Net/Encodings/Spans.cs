using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Parquet.Encodings;

/// <summary>Views of a generic span as what its element type is known to be.</summary>
internal static class Spans
{
    public static Span<TTo> As<TFrom, TTo>(Span<TFrom> span)
    {
        Check<TFrom, TTo>();
        return MemoryMarshal.CreateSpan(ref Unsafe.As<TFrom, TTo>(ref MemoryMarshal.GetReference(span)), span.Length);
    }

    public static ReadOnlySpan<TTo> As<TFrom, TTo>(ReadOnlySpan<TFrom> span)
    {
        Check<TFrom, TTo>();
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<TFrom, TTo>(ref MemoryMarshal.GetReference(span)), span.Length);
    }

    private static void Check<TFrom, TTo>()
    {
        if (typeof(TFrom) != typeof(TTo))
        {
            throw new InvalidOperationException($"a span of {typeof(TFrom)} is not one of {typeof(TTo)}");
        }
    }
}
