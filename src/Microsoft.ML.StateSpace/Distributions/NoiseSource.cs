using Microsoft.ML.StateSpace.Data;
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

    /// <summary>Normal numbers for a whole path in one draw, [rows · N, size], where a source does not tell whose is which, and calls are dear; null:
    /// it is asked step by step.</summary>
    /// <param name="rows">S, the rows of all steps.</param>
    /// <param name="size">Numbers of a row.</param>
    internal virtual Tensor? NormalOfPath(long rows, int size) => null;

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
    internal override Tensor? NormalOfPath(long rows, int size) => generator.device.IsHost() ? null
        : randn([rows * Math.Max(1, particles), size], type, generator.device, generator: generator);

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
