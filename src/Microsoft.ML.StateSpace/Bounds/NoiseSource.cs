using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Where a bound's and a filter's random numbers come from, step by step.</summary>
public abstract class NoiseSource : IDisposable
{
    /// <summary>N, the particles; 0: a single draw without a particle dimension.</summary>
    public abstract int Particles { get; }

    /// <summary>Standard normal numbers, [row, size] or [particle, row, size].</summary>
    public abstract Tensor Normal(int rows, int size);

    /// <summary>Uniform numbers on [0, 1), [row, size].</summary>
    public abstract Tensor Uniform(int rows, int size);

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
    public override Tensor Normal(int rows, int size) =>
        randn(particles == 0 ? [rows, size] : new long[] { particles, rows, size }, type, generator.device, generator: generator);

    /// <inheritdoc/>
    public override Tensor Uniform(int rows, int size) => rand([rows, size], type, generator.device, generator: generator);

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}

/// <summary>Noise that belongs to each row: it depends on the seed and the row's key only, never on the row's place,
/// batch, thread or device.</summary>
public sealed class RowNoise : NoiseSource
{
    private readonly Generator[] _generators;
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
        _generators = [.. keys.Select(key => new Generator(Mix(key ^ Mix((ulong)(uint)seed))))];
    }

    /// <inheritdoc/>
    public override int Particles => _particles;

    /// <inheritdoc/>
    public override Tensor Normal(int rows, int size)
    {
        using var scope = NewDisposeScope();
        long[] shape = _particles == 0 ? [size] : [_particles, size];
        var drawn = stack(_generators.Take(rows).Select(g => randn(shape, _type, generator: g))).to(_device);
        return (_particles == 0 ? drawn : drawn.transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Uniform(int rows, int size)
    {
        using var scope = NewDisposeScope();
        return stack(_generators.Take(rows).Select(g => rand([size], _type, generator: g))).to(_device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var generator in _generators)
            generator.Dispose();
    }

    // splitmix64: neighbouring keys give unrelated seeds.
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return (x ^ (x >> 31)) >> 1;
    }
}
