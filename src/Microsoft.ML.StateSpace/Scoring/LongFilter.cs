using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Filters one long sequence in memory that does not grow with it: as a stream, one step after another.</summary>
/// <param name="networks">The model.</param>
/// <param name="options">Method, particles, seed.</param>
/// <param name="device">Where the model is.</param>
internal sealed class LongFilter(StateSpaceNetworks networks, ScoringOptions options, Device device)
{
    private readonly IStepFilter _filter = StepFilterChoice.Of(networks, options, tails: false, device);

    /// <summary>log p(x) in the data's units, in nats, and the sum over steps of the effective sample size.</summary>
    /// <param name="sequence">In the data's units.</param>
    /// <param name="cancellation">Stops it between two steps.</param>
    public (double LogLikelihood, double EffectiveSampleSizes) Run(Sequence sequence, CancellationToken cancellation)
    {
        using var guard = no_grad();
        var row = sequence.Scaled(networks.Scaling);
        double likelihood = row.LogJacobian(), sizes = 0;
        Tensor[]? carried = null;
        for (int t = 0; t < row.Length; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create([row.Slice(t, 1)], device, _filter.Type);
            var step = _filter.Step(batch, carried);
            likelihood += step.LogLikelihood.to(ScalarType.Float64).item<double>();
            sizes += step.EffectiveSampleSize.to(ScalarType.Float64).item<double>();
            Dispose(carried);
            carried = [.. step.Carried.Select(part => part.DetachFromDisposeScope())];
        }
        Dispose(carried);
        return (likelihood, sizes);
    }

    private static void Dispose(Tensor[]? tensors)
    {
        foreach (var tensor in tensors ?? [])
            tensor.Dispose();
    }
}
