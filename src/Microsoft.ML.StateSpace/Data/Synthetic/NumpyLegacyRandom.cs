namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>
/// The random stream of numpy's legacy <c>RandomState</c>: a Mersenne Twister seeded by one integer,
/// 53-bit uniforms and the polar Gaussian. It exists so that published synthetic data sets can be drawn again, number by number.
/// </summary>
/// <remarks>
/// M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998. Equal to numpy's stream but for the last bit of
/// <c>log</c> and <c>sqrt</c>. Not thread-safe.
/// </remarks>
public sealed class NumpyLegacyRandom
{
    private const int StateSize = 624;
    private const int Shift = 397;
    private readonly uint[] _state = new uint[StateSize];
    private int _next = StateSize;
    private double _cachedNormal;
    private bool _hasCachedNormal;

    /// <summary>Starts the stream that <c>numpy.random.seed(seed)</c> starts.</summary>
    public NumpyLegacyRandom(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < StateSize; i++)
        {
            uint previous = _state[i - 1];
            _state[i] = 1812433253u * (previous ^ (previous >> 30)) + i;
        }
    }

    /// <summary>A uniform number in [0, 1) with 53 random bits: <c>numpy.random.random_sample()</c>.</summary>
    public double NextDouble()
    {
        uint high = NextUInt32() >> 5;
        uint low = NextUInt32() >> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /// <summary>A uniform number in [<paramref name="low"/>, <paramref name="high"/>): <c>numpy.random.uniform(low, high)</c>.</summary>
    public double NextUniform(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A standard normal number: <c>numpy.random.randn()</c>.</summary>
    public double NextGaussian()
    {
        if (_hasCachedNormal)
        {
            _hasCachedNormal = false;
            return _cachedNormal;
        }

        double x, y, squaredRadius;
        do
        {
            x = 2.0 * NextDouble() - 1.0;
            y = 2.0 * NextDouble() - 1.0;
            squaredRadius = x * x + y * y;
        }
        while (squaredRadius >= 1.0 || squaredRadius == 0.0);

        double factor = Math.Sqrt(-2.0 * Math.Log(squaredRadius) / squaredRadius);
        _cachedNormal = factor * x;
        _hasCachedNormal = true;
        return factor * y;
    }

    /// <summary>Fills <paramref name="values"/> with standard normal numbers, in numpy's (row-major) order.</summary>
    public void FillGaussian(Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = NextGaussian();
        }
    }

    /// <summary>The numbers from 0 to <paramref name="count"/> − 1 in a random order: <c>numpy.random.permutation(count)</c>.</summary>
    public int[] NextPermutation(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int other = NextUpTo(i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>A number from 0 to <paramref name="most"/>: words are cut to its bits and thrown away until one is small enough.</summary>
    private int NextUpTo(int most)
    {
        uint mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount((uint)most);
        uint value;
        do
        {
            value = NextUInt32() & mask;
        }
        while (value > (uint)most);

        return (int)value;
    }

    private uint NextUInt32()
    {
        if (_next == StateSize)
        {
            Twist();
        }

        uint word = _state[_next++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C5680u;
        word ^= (word << 15) & 0xEFC60000u;
        return word ^ (word >> 18);
    }

    private void Twist()
    {
        for (int i = 0; i < StateSize; i++)
        {
            uint joined = (_state[i] & 0x80000000u) | (_state[(i + 1) % StateSize] & 0x7FFFFFFFu);
            uint mixed = (joined >> 1) ^ ((joined & 1u) == 0 ? 0u : 0x9908B0DFu);
            _state[i] = _state[(i + Shift) % StateSize] ^ mixed;
        }

        _next = 0;
    }
}
