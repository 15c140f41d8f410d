using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Which of a row's equally weighted particles stand for it when few are wanted.</summary>
internal static class ParticleChoice
{
    // A stream of its own, so that asking for paths shifts no draw of a forecast.
    private const int Stream = 0x2545F491;

    /// <summary>The particles of every row in an order of the row's own, [row, particle]: resampled ones lie sorted by their
    /// ancestors, so that the first few of them are no fair sample.</summary>
    public static Tensor Order(int seed, IReadOnlyList<ulong> keys, int particles, Device device)
    {
        using var scope = NewDisposeScope();
        using var noise = new RowNoise(seed ^ Stream, keys, 0, device);
        return noise.Uniform(keys.Count, particles).argsort(-1).MoveToOuterDisposeScope();
    }

    /// <summary>The particles whose paths stand for a forecast, [row, path]; null: none are asked for.</summary>
    public static Tensor? Paths(ScoringOptions options, IReadOnlyList<ulong> keys, int paths, Device device) =>
        paths == 0 ? null : Order(options.Seed, keys, options.Particles, device).narrow(1, 0, paths);

    /// <summary>The state of a single row's particles as rows of their own.</summary>
    /// <param name="state">Of one row: [particle, 1, ·], or [1, ·] where all particles share a part.</param>
    /// <param name="particles">[row], numbers of particles.</param>
    public static ModelState AsRows(ModelState state, Tensor particles) => state.Map(part => part.dim() < 3
        ? part.expand(particles.shape[0], -1)
        : part.select(1, 0).index_select(0, particles));
}
