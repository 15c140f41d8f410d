using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>What a particle filter carries from step to step: weights and particles before any resampling, what the proposal has read,
/// and where the random streams stand.</summary>
/// <param name="Weights">W, [row, particle].</param>
/// <param name="State">The model's state, every part [particle, row, ·].</param>
/// <param name="Encoder">What the proposal's encoder goes on from, each [row, ·].</param>
/// <param name="Streams">Where the streams of random numbers stand, each [row, 1], on the CPU.</param>
internal sealed record ParticleState(Tensor Weights, ModelState State, IReadOnlyList<Tensor> Encoder, IReadOnlyList<Tensor> Streams)
{
    /// <summary>The parts with the rows in front, contiguous.</summary>
    public Tensor[] ToParts() =>
    [
        Weights.contiguous(), .. ModelParts(State).Select(part => RowsFirst(part, Weights.shape[1])),
        .. Encoder.Select(part => part.contiguous()), .. Streams,
    ];

    /// <summary>The names of the parts.</summary>
    /// <param name="streams">The names of the random streams.</param>
    public IEnumerable<string> Names(IReadOnlyList<string> streams) =>
    [
        "weights", "latent", .. State.Observation is null ? [] : new[] { "observation" },
        .. State.Path.Select((_, i) => $"path.{i}"), .. Encoder.Select((_, i) => $"encoder.{i}"), .. streams.Select(stream => $"noise.{stream}"),
    ];

    /// <summary>The state of parts that another state of the same shape names.</summary>
    public static ParticleState FromParts(IReadOnlyList<Tensor> parts, bool hasObservation, int paths, int encoders)
    {
        int next = 0;
        Tensor Particles() => parts[next++].transpose(0, 1);
        var weights = parts[next++];
        var latent = Particles();
        var observation = hasObservation ? Particles() : null;
        Tensor[] path = [.. Enumerable.Range(0, paths).Select(_ => Particles())];
        return new(weights, new ModelState(latent, observation, path), [.. parts.Skip(next).Take(encoders)], [.. parts.Skip(next + encoders)]);
    }

    private static IEnumerable<Tensor> ModelParts(ModelState state) =>
        [state.Latent, .. state.Observation is { } x ? [x] : Array.Empty<Tensor>(), .. state.Path];

    // What all particles share in the first step they do not share later.
    private static Tensor RowsFirst(Tensor part, long particles) =>
        (part.dim() < 3 ? part.unsqueeze(0).expand(particles, -1, -1) : part).transpose(0, 1).contiguous();
}
