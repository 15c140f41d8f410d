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

    // Of several draws made at once: beyond it calls cost less than their numbers.
    private const long MostNumbers = 1 << 22;
    private const int MostAhead = 16, MostInVain = 3;

    private const long Golden = unchecked((long)0x9E3779B97F4A7C15UL), First = unchecked((long)0xBF58476D1CE4E5B9UL), Second = unchecked((long)0x94D049BB133111EBUL);
    private const double UnitOf31Bits = 1 / 2147483648.0, UnitOf53Bits = 1.0 / (1L << 53);
    private static readonly int[] s_shifts = [30, 27, 31, 33, 11];

    private readonly Dictionary<int, (Tensor Places, Tensor Mask)> _shifts = [];
    private readonly Tensor _keys, _constants;
    private readonly ulong[] _left;
    private Tensor? _ahead;
    private int _taken, _inVain;
    private ulong _between;

    /// <summary>For rows with these keys.</summary>
    public DeviceNoise(IReadOnlyList<ulong> keys, Device device)
    {
        _left = new ulong[keys.Count];
        using var scope = NewDisposeScope();
        _keys = Sent([.. keys.Select(key => unchecked((long)key))], device).unsqueeze(1).DetachFromDisposeScope();
        _constants = Sent([.. s_shifts.Select(places => (long)places), .. s_shifts.Select(places => long.MaxValue >> (places - 1))], device).DetachFromDisposeScope();
        for (int i = 0; i < s_shifts.Length; i++)
            _shifts[s_shifts[i]] = (_constants.narrow(0, i, 1).DetachFromDisposeScope(), _constants.narrow(0, s_shifts.Length + i, 1).DetachFromDisposeScope());
    }

    /// <summary>Standard normal numbers, [row, <paramref name="each"/>], of the first rows; moves their counters on.</summary>
    public Tensor Normal(Span<ulong> counters, int each, ScalarType type)
    {
        if (!IsAhead(counters, each, type))
            DrawAhead(counters, each, type);
        for (int row = 0; row < counters.Length; row++)
            _left[row] = counters[row] += Counts(each, type);
        using var scope = NewDisposeScope();
        return _ahead!.select(1, _taken++).narrow(0, 0, counters.Length).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ahead?.Dispose();
        foreach (var (places, mask) in _shifts.Values)
        {
            places.Dispose();
            mask.Dispose();
        }
        _keys.Dispose();
        _constants.Dispose();
    }

    // What is asked next is mostly as much again, after as much as was drawn in between before: several draws are made at once, and forgotten where
    // the streams have moved on otherwise.
    private bool IsAhead(ReadOnlySpan<ulong> counters, int each, ScalarType type) => _ahead is not null && _taken < _ahead.shape[1]
        && counters.Length <= _ahead.shape[0] && _ahead.shape[2] == each && _ahead.dtype == type && Between(counters) == _between;

    // How far all streams have moved on since a draw; null: not alike.
    private ulong? Between(ReadOnlySpan<ulong> counters)
    {
        ulong moved = counters[0] - _left[0];
        for (int row = 1; row < counters.Length; row++)
            if (counters[row] - _left[row] != moved)
                return null;
        return moved;
    }

    private void DrawAhead(ReadOnlySpan<ulong> counters, int each, ScalarType type)
    {
        using var scope = NewDisposeScope();
        if (_ahead is { } before)
        {
            _inVain += _taken < before.shape[1] ? 1 : 0;
            _between = Between(counters) ?? 0;
        }
        long draws = Math.Clamp(MostNumbers / ((long)counters.Length * each), 1, _inVain < MostInVain ? MostAhead : 1), pairs = (each + 1) / 2, counts = (long)Counts(each, type);
        var keys = _keys.narrow(0, 0, counters.Length);
        var within = arange(0, counts, counts / pairs, ScalarType.Int64, keys.device);
        var starts = arange(0, draws, 1, ScalarType.Int64, keys.device).unsqueeze(1) * (counts + (long)_between);
        var at = Starts(counters) + (starts + within).view(1, -1);
        var (radius, angle) = type == ScalarType.Float32 ? Single(Bits(keys, at)) : Double(Bits(keys, at), Bits(keys, at + 1));
        Tensor OfDraws(Tensor numbers) => (radius * numbers).view(-1, draws, pairs);
        var drawn = cat([OfDraws(angle.cos()), OfDraws(angle.sin())], 2);
        _ahead?.Dispose();
        (_ahead, _taken) = ((drawn.shape[2] == each ? drawn : drawn.narrow(2, 0, each)).DetachFromDisposeScope(), 0);
    }

    private static ulong Counts(int each, ScalarType type) => (ulong)(each + 1) / 2 * (type == ScalarType.Float32 ? 1UL : 2);

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

    private (Tensor Radius, Tensor Angle) Single(Tensor bits) => (Radius((Right(bits, 33).to(ScalarType.Float32) + 0.5f) * (float)UnitOf31Bits),
        bits.to(ScalarType.Int32).to(ScalarType.Float32) * (MathF.PI * (float)UnitOf31Bits));

    private (Tensor Radius, Tensor Angle) Double(Tensor ofRadius, Tensor ofAngle) => (Radius((Right(ofRadius, 11).to(ScalarType.Float64) + 0.5) * UnitOf53Bits),
        Right(ofAngle, 11).to(ScalarType.Float64) * (2 * Math.PI * UnitOf53Bits));

    private static Tensor Radius(Tensor unit) => (unit.log() * -2).sqrt();
}
