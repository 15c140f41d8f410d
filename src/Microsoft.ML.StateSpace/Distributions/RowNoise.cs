using System.Runtime.InteropServices;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>Noise that belongs to each row: it depends on the seed and the row's key only, never on the row's place,
/// batch, thread or device.</summary>
public sealed class RowNoise : NoiseSource
{
    private static readonly int s_purposes = Enum.GetValues<NoisePurpose>().Length;

    private readonly ulong[] _keys;
    private readonly ulong[]?[] _counters = new ulong[]?[s_purposes];
    private readonly int _particles;
    private readonly Device _device;
    private readonly ScalarType _type;
    private DeviceNoise? _there;

    /// <summary>One stream per row.</summary>
    /// <param name="seed">The model's seed.</param>
    /// <param name="keys">The rows' keys, in the batch's order.</param>
    /// <param name="particles">N; 0 for a single draw.</param>
    /// <param name="device">Where the numbers go: many are made there, few on the CPU, the same to rounding.</param>
    /// <param name="type">Single or double.</param>
    /// <exception cref="ArgumentException">Another number type.</exception>
    public RowNoise(int seed, IEnumerable<ulong> keys, int particles, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        if (type is not (ScalarType.Float32 or ScalarType.Float64))
            throw new ArgumentException($"Noise is drawn in Float32 or Float64, not in {type}.", nameof(type));
        (_particles, _device, _type) = (particles, device ?? CPU, type);
        _keys = [.. keys.Select(key => Mix(key ^ Mix((ulong)(uint)seed)))];
    }

    /// <inheritdoc/>
    public override int Particles => _particles;

    /// <inheritdoc/>
    public override Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent)
    {
        using var scope = NewDisposeScope();
        long[] shape = _particles == 0 ? [rows, size] : [rows, _particles, size];
        var drawn = IsMadeThere(shape, purpose) ? (_there ??= new DeviceNoise(_keys, _device)).Normal(Counters(purpose).AsSpan(0, rows), (int)(shape[^1] * Math.Max(1, _particles)), _type).view(shape)
            : Draw(rows, shape, purpose, CounterNoise.Normal, CounterNoise.Normal);
        return (_particles == 0 ? drawn : drawn.transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) =>
        Draw(rows, [rows, size], purpose, CounterNoise.Uniform, CounterNoise.Uniform);

    /// <inheritdoc/>
    public override void Dispose() => _there?.Dispose();

    /// <summary>Where the rows' streams stand, [row, 1], on the CPU.</summary>
    internal Tensor PositionOf(NoisePurpose purpose) => tensor(Array.ConvertAll(Counters(purpose), counter => (long)counter), [_keys.Length, 1]);

    /// <summary>The purposes that were drawn for.</summary>
    internal IEnumerable<NoisePurpose> Drawn => Enum.GetValues<NoisePurpose>().Where(purpose => _counters[(int)purpose] is not null);

    /// <summary>Goes on from where streams of the same rows stood.</summary>
    /// <param name="purpose">Which streams.</param>
    /// <param name="position">What <see cref="PositionOf"/> gave.</param>
    internal void GoTo(NoisePurpose purpose, Tensor position) =>
        _counters[(int)purpose] = Array.ConvertAll(position.cpu().data<long>().ToArray(), counter => (ulong)counter);

    /// <summary>Neighbouring integers give unrelated ones, each in [0, 2⁶³).</summary>
    internal static ulong Mix(ulong x) => CounterNoise.Mix(x + 0x9E3779B97F4A7C15UL) >> 1;

    private bool IsMadeThere(long[] shape, NoisePurpose purpose) =>
        !_device.IsHost() && purpose == NoisePurpose.Latent && shape.Aggregate(1L, (all, size) => all * size) >= DeviceNoise.Least;

    private delegate void Fill<T>(Span<T> values, ulong key, ref ulong counter);

    private Tensor Draw(int rows, long[] shape, NoisePurpose purpose, Fill<float> single, Fill<double> doubled)
    {
        using var scope = NewDisposeScope();
        var drawn = empty(shape, _type);
        if (drawn.numel() == 0)
            return drawn.to(_device).MoveToOuterDisposeScope();
        if (_type == ScalarType.Float32)
            FillRows(MemoryMarshal.Cast<byte, float>(drawn.bytes), rows, purpose, single);
        else
            FillRows(MemoryMarshal.Cast<byte, double>(drawn.bytes), rows, purpose, doubled);
        return drawn.SendTo(_device).MoveToOuterDisposeScope();
    }

    private void FillRows<T>(Span<T> values, int rows, NoisePurpose purpose, Fill<T> fill)
    {
        var counters = Counters(purpose);
        int each = rows == 0 ? 0 : values.Length / rows;
        for (int row = 0; row < rows; row++)
            fill(values.Slice(row * each, each), purpose == NoisePurpose.Latent ? _keys[row] : Mix(_keys[row] + (ulong)purpose), ref counters[row]);
    }

    private ulong[] Counters(NoisePurpose purpose) => _counters[(int)purpose] ??= new ulong[_keys.Length];
}
