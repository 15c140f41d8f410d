namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>
/// The bootstrap particle filter on a system whose functions are known: the reference that a trained model is measured against.
/// </summary>
/// <remarks>
/// N. Gordon, D. Salmond, A. Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", 1993. Systematic
/// resampling at every step. The estimate of a sequence's likelihood is unbiased, that of its logarithm slightly low.
/// Sequences run in parallel; each has a stream of its own, so that the result does not depend on the number of threads.
/// </remarks>
public sealed class BootstrapParticleFilter
{
    private readonly SyntheticSystem _system;
    private readonly int _particles;
    private readonly ulong _seed;

    /// <summary>A filter of a system.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="particles"/> is not positive.</exception>
    public BootstrapParticleFilter(SyntheticSystem system, int particles = 10_000, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(particles);
        _system = system;
        _particles = particles;
        _seed = seed;
    }

    /// <summary>Filters and smooths every sequence of a split.</summary>
    /// <exception cref="ArgumentException">The split's sizes are not the system's.</exception>
    /// <exception cref="InvalidOperationException">No particle explains an observation; the message names sequence and step.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public ParticleFilterResult Run(SyntheticSplit split, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(split);
        if (split.ObservationSize != _system.ObservationSize)
        {
            throw new ArgumentException($"The split has {split.ObservationSize} observed dimensions, the system {_system.ObservationSize}.", nameof(split));
        }

        var result = new ParticleFilterResult(split.Sequences, split.Steps, _system.LatentSize);
        var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, split.Sequences, options, () => new ParticleCloud(_system, _particles, split.Steps), (n, _, cloud) =>
        {
            cloud.Run(n, split.ObservationsOf(n), new ZigguratNormal(_seed, (ulong)n), result);
            return cloud;
        }, _ => { });
        return result;
    }
}
