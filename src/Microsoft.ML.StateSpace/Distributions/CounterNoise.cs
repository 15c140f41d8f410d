using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>Random numbers that are a function of a key and a counter: a stream is known by two integers, may be begun anywhere, and costs
/// nothing to make.</summary>
/// <remarks>64 bits per count by two rounds of splitmix64's finaliser, the key between them; normal numbers by Box and Muller, in vectors
/// of the same form for every length, so that no number depends on how many are drawn with it.</remarks>
internal static class CounterNoise
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;
    private const float UnitOf31Bits = 1f / 2147483648f;
    private const double UnitOf53Bits = 1.0 / (1L << 53);

    /// <summary>splitmix64's finaliser: neighbouring integers give unrelated ones.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    /// <summary>Fills with standard normal numbers, and moves the counter on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void Normal(Span<float> values, ulong key, ref ulong counter)
    {
        int pairs = (values.Length + 1) / 2, lanes = Vector512<float>.Count;
        Span<float> made = stackalloc float[2 * lanes];
        ref float start = ref MemoryMarshal.GetReference(values);
        // What counts are multiplied with is added up.
        var products = Vector512.Create((counter + 1) * Golden) + Vector512.Create(0, Golden, unchecked(2 * Golden), unchecked(3 * Golden),
            unchecked(4 * Golden), unchecked(5 * Golden), unchecked(6 * Golden), unchecked(7 * Golden));
        var eight = Vector512.Create(unchecked(8 * Golden));
        for (int first = 0; first < pairs; first += lanes)
        {
            var (lower, upper) = (BitsOfProducts(key, products), BitsOfProducts(key, products + eight));
            products += eight + eight;
            var unit = (Vector512.ConvertToSingle(Vector512.Narrow(lower >>> 33, upper >>> 33).AsInt32()) + Vector512.Create(0.5f)) * UnitOf31Bits;
            var (sin, cos) = PolarFunctions.SinCos(Vector512.Narrow(lower, upper).AsInt32());
            var radius = Vector512.Sqrt(PolarFunctions.Log(unit) * -2f);
            if (pairs + first + lanes <= values.Length)
            {
                (radius * cos).StoreUnsafe(ref start, (nuint)first);
                (radius * sin).StoreUnsafe(ref start, (nuint)(pairs + first));
                continue;
            }
            (radius * cos).CopyTo(made);
            (radius * sin).CopyTo(made[lanes..]);
            Put(made, values, first, pairs);
        }
        counter += (ulong)pairs;
    }

    /// <summary>Fills with standard normal numbers, and moves the counter on.</summary>
    public static void Normal(Span<double> values, ulong key, ref ulong counter)
    {
        Span<long> bits = stackalloc long[2 * Vector256<long>.Count];
        Span<double> made = stackalloc double[2 * Vector256<double>.Count];
        int pairs = (values.Length + 1) / 2, lanes = Vector256<double>.Count;
        for (int first = 0; first < pairs; first += lanes)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                ulong at = counter + 2 * (ulong)(first + lane);
                (bits[lane], bits[lanes + lane]) = ((long)(Bits(key, at) >> 11), (long)(Bits(key, at + 1) >> 11));
            }
            var unit = (Vector256.ConvertToDouble(Vector256.Create<long>(bits)) + Vector256.Create(0.5)) * UnitOf53Bits;
            var (sin, cos) = Vector256.SinCos(Vector256.ConvertToDouble(Vector256.Create<long>(bits[lanes..])) * (2 * Math.PI * UnitOf53Bits));
            var radius = Vector256.Sqrt(Vector256.Log(unit) * -2.0);
            (radius * cos).CopyTo(made);
            (radius * sin).CopyTo(made[lanes..]);
            Put(made, values, first, pairs);
        }
        counter += 2 * (ulong)pairs;
    }

    /// <summary>Fills with uniform numbers on [0, 1), and moves the counter on.</summary>
    public static void Uniform(Span<float> values, ulong key, ref ulong counter)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = (Bits(key, counter++) >> 40) * (1f / (1 << 24));
    }

    /// <summary>Fills with uniform numbers on [0, 1), and moves the counter on.</summary>
    public static void Uniform(Span<double> values, ulong key, ref ulong counter)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = (Bits(key, counter++) >> 11) * UnitOf53Bits;
    }

    private static ulong Bits(ulong key, ulong counter) => Mix(Mix((counter + 1) * Golden) ^ key);

    private static Vector512<ulong> BitsOfProducts(ulong key, Vector512<ulong> products) => Mix(Mix(products) ^ Vector512.Create(key));

    private static Vector512<ulong> Mix(Vector512<ulong> x)
    {
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >>> 31);
    }

    // The cosines are the first half of all numbers, the sines the second; a last sine may be one too many.
    private static void Put<T>(Span<T> made, Span<T> values, int first, int pairs)
    {
        int lanes = made.Length / 2, count = Math.Min(lanes, pairs - first);
        made[..count].CopyTo(values[first..]);
        made.Slice(lanes, Math.Min(count, values.Length - pairs - first)).CopyTo(values[(pairs + first)..]);
    }
}
