using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>Which step filter serves a model: the counterpart of <see cref="FilterChoice"/>.</summary>
internal static class StepFilterChoice
{
    /// <summary>The one that options ask for, or that suits the model best.</summary>
    /// <param name="networks">The model.</param>
    /// <param name="options">Method, particles, seed.</param>
    /// <param name="tails">Whether tail probabilities are wanted.</param>
    /// <param name="device">Where the model is.</param>
    /// <exception cref="NotSupportedException">The filtering proposal cannot be given one step at a time.</exception>
    public static IStepFilter Of(StateSpaceNetworks networks, ScoringOptions options, bool tails, Device device) =>
        FilterChoice.Of(networks, options, device) is GaussianScoring gaussian ? new GaussianStepFilter(gaussian, networks.Generative, options, tails)
            : new ParticleStepFilter(networks, options, tails, device);
}
