using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>The normal numbers of <see cref="CounterNoise"/>, made on a device where many are wanted: the same bits, whose logarithms and sines
/// are the device's.</summary>
internal sealed class DeviceNoise : IDisposable
{
    /// <summary>Numbers below which the CPU has drawn and sent them sooner.</summary>
    public const long Least = 1 << 16;

    private const long Golden = unchecked((long)0x9E3779B97F4A7C15UL), First = unchecked((long)0xBF58476D1CE4E5B9UL), Second = unchecked((long)0x94D049BB133111EBUL);
    private const double UnitOf31Bits = 1 / 2147483648.0, UnitOf53Bits = 1.0 / (1L << 53);
    private static readonly int[] s_shifts = [30, 27, 31, 33, 11];

    private readonly Dictionary<int, (Tensor Places, Tensor Mask)> _shifts = [];
    private readonly Tensor _keys, _constants;

    /// <summary>For rows with these keys.</summary>
    public DeviceNoise(IReadOnlyList<ulong> keys, Device device)
    {
        using var scope = NewDisposeScope();
        _keys = Sent([.. keys.Select(key => unchecked((long)key))], device).unsqueeze(1).DetachFromDisposeScope();
        _constants = Sent([.. s_shifts.Select(places => (long)places), .. s_shifts.Select(places => long.MaxValue >> (places - 1))], device).DetachFromDisposeScope();
        for (int i = 0; i < s_shifts.Length; i++)
            _shifts[s_shifts[i]] = (_constants.narrow(0, i, 1).DetachFromDisposeScope(), _constants.narrow(0, s_shifts.Length + i, 1).DetachFromDisposeScope());
    }

    /// <summary>Standard normal numbers, [row, <paramref name="each"/>], of the first rows; moves their counters on.</summary>
    public Tensor Normal(Span<ulong> counters, int each, ScalarType type)
    {
        using var scope = NewDisposeScope();
        int pairs = (each + 1) / 2, counts = type == ScalarType.Float32 ? 1 : 2;
        var keys = _keys.narrow(0, 0, counters.Length);
        var at = Starts(counters) + arange(0, (long)pairs * counts, counts, ScalarType.Int64, keys.device).unsqueeze(0);
        var drawn = type == ScalarType.Float32 ? Single(Bits(keys, at)) : Double(Bits(keys, at), Bits(keys, at + 1));
        foreach (ref ulong counter in counters)
            counter += (ulong)(pairs * counts);
        return (drawn.shape[1] == each ? drawn : drawn.narrow(1, 0, each)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (places, mask) in _shifts.Values)
        {
            places.Dispose();
            mask.Dispose();
        }
        _keys.Dispose();
        _constants.Dispose();
    }

    // Streams begin together and are drawn from together, so that one number mostly tells where all stand.
    private Tensor Starts(ReadOnlySpan<ulong> counters) => counters.ContainsAnyExcept(counters[0])
        ? Sent(Array.ConvertAll(counters.ToArray(), counter => unchecked((long)counter)), _keys.device).unsqueeze(1)
        : full([1, 1], unchecked((long)counters[0]), ScalarType.Int64, _keys.device);

    private static Tensor Sent(long[] numbers, Device device) => tensor(numbers).SendTo(device);

    private Tensor Bits(Tensor keys, Tensor counters) => Mix(Mix((counters + 1) * Golden) ^ keys);

    private Tensor Mix(Tensor x)
    {
        x = (x ^ Right(x, 30)) * First;
        x = (x ^ Right(x, 27)) * Second;
        return x ^ Right(x, 31);
    }

    // LibTorch's shift keeps the sign.
    private Tensor Right(Tensor x, int places) => x.bitwise_right_shift(_shifts[places].Places) & _shifts[places].Mask;

    private Tensor Single(Tensor bits)
    {
        var radius = Radius((Right(bits, 33).to(ScalarType.Float32) + 0.5f) * (float)UnitOf31Bits);
        var angle = bits.to(ScalarType.Int32).to(ScalarType.Float32) * (MathF.PI * (float)UnitOf31Bits);
        return cat([radius * angle.cos(), radius * angle.sin()], 1);
    }

    private Tensor Double(Tensor ofRadius, Tensor ofAngle)
    {
        var radius = Radius((Right(ofRadius, 11).to(ScalarType.Float64) + 0.5) * UnitOf53Bits);
        var angle = Right(ofAngle, 11).to(ScalarType.Float64) * (2 * Math.PI * UnitOf53Bits);
        return cat([radius * angle.cos(), radius * angle.sin()], 1);
    }

    private static Tensor Radius(Tensor unit) => (unit.log() * -2).sqrt();
}
