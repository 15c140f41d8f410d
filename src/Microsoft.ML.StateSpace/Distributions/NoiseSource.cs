using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>What random numbers are for: each purpose draws from a stream of its own, so that one never shifts another.</summary>
public enum NoisePurpose
{
    /// <summary>Latent states, resampling, and what a forecast draws.</summary>
    Latent,
    /// <summary>Observations that a model feeds back and that are missing.</summary>
    Feedback,
    /// <summary>An inference network's own draws while it searches for q.</summary>
    Inference,
}

/// <summary>Where a bound's and a filter's random numbers come from, step by step.</summary>
public abstract class NoiseSource : IDisposable
{
    /// <summary>N, the particles; 0: a single draw without a particle dimension.</summary>
    public abstract int Particles { get; }

    /// <summary>Standard normal numbers, [row, size] or [particle, row, size].</summary>
    public abstract Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent);

    /// <summary>Uniform numbers on [0, 1), [row, size].</summary>
    public abstract Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent);

    /// <summary>Uniform numbers on [0, 1) for every particle: [row, size] or [particle, row, size], as <see cref="Normal"/>.</summary>
    public Tensor UniformOfParticles(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) =>
        Particles == 0 ? Uniform(rows, size, purpose)
            : Uniform(rows, Particles * size, purpose).view(rows, Particles, size).transpose(0, 1);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Noise for a whole batch from one generator: what training uses.</summary>
/// <param name="generator">On the device of the batch; not disposed with this.</param>
/// <param name="particles">N; 0 for a single draw.</param>
/// <param name="type">Number type.</param>
public sealed class BatchNoise(Generator generator, int particles = 0, ScalarType type = ScalarType.Float32) : NoiseSource
{
    /// <inheritdoc/>
    public override int Particles => particles;

    /// <inheritdoc/>
    public override Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) =>
        randn(particles == 0 ? [rows, size] : new long[] { particles, rows, size }, type, generator.device, generator: generator);

    /// <inheritdoc/>
    public override Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) =>
        rand([rows, size], type, generator.device, generator: generator);

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}

/// <summary>Noise that belongs to each row: it depends on the seed and the row's key only, never on the row's place,
/// batch, thread or device.</summary>
public sealed class RowNoise : NoiseSource
{
    private readonly Dictionary<NoisePurpose, Generator[]> _streams = [];
    private readonly Func<NoisePurpose, Generator[]> _begin;
    private readonly int _particles;
    private readonly Device _device;
    private readonly ScalarType _type;

    /// <summary>One stream per row.</summary>
    /// <param name="seed">The model's seed.</param>
    /// <param name="keys">The rows' keys, in the batch's order.</param>
    /// <param name="particles">N; 0 for a single draw.</param>
    /// <param name="device">Where the numbers go; they are drawn on the CPU.</param>
    /// <param name="type">Number type.</param>
    public RowNoise(int seed, IEnumerable<ulong> keys, int particles, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        _particles = particles;
        _device = device ?? CPU;
        _type = type;
        ulong[] seeds = [.. keys.Select(key => Mix(key ^ Mix((ulong)(uint)seed)))];
        _begin = purpose => [.. seeds.Select(row => new Generator(purpose == NoisePurpose.Latent ? row : Mix(row + (ulong)purpose)))];
    }

    /// <summary>Streams that go on from where they were left.</summary>
    /// <param name="streams">Gives a purpose's generators, one per row; they are taken over.</param>
    /// <param name="particles">N; 0 for a single draw.</param>
    /// <param name="device">Where the numbers go.</param>
    /// <param name="type">Number type.</param>
    internal RowNoise(Func<NoisePurpose, Generator[]> streams, int particles, Device device, ScalarType type) =>
        (_begin, _particles, _device, _type) = (streams, particles, device, type);

    /// <inheritdoc/>
    public override int Particles => _particles;

    /// <inheritdoc/>
    public override Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent)
    {
        using var scope = NewDisposeScope();
        long[] shape = _particles == 0 ? [size] : [_particles, size];
        var drawn = stack(Stream(purpose).Take(rows).Select(g => randn(shape, _type, generator: g))).to(_device);
        return (_particles == 0 ? drawn : drawn.transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent)
    {
        using var scope = NewDisposeScope();
        return stack(Stream(purpose).Take(rows).Select(g => rand([size], _type, generator: g))).to(_device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var generator in _streams.Values.SelectMany(stream => stream))
            generator.Dispose();
    }

    /// <summary>A purpose's generators, one per row, where they stand.</summary>
    internal Generator[] Stream(NoisePurpose purpose)
    {
        if (!_streams.TryGetValue(purpose, out var stream))
            _streams[purpose] = stream = _begin(purpose);
        return stream;
    }

    /// <summary>splitmix64: neighbouring keys give unrelated numbers, each in [0, 2⁶³).</summary>
    internal static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return (x ^ (x >> 31)) >> 1;
    }
}
