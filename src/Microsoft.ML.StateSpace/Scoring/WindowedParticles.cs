using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A particle loop through the windows of some sequences, with the draws of one loop through them whole.</summary>
/// <param name="networks">The model.</param>
/// <param name="noise">Draws; its streams are those of the whole sequences.</param>
/// <param name="criterion">When to resample.</param>
internal sealed class WindowedParticles(StateSpaceNetworks networks, NoiseSource noise, ResamplingCriterion criterion) : IDisposable
{
    private ModelState? _state;
    private Tensor? _weights;

    /// <summary>What looks ahead; it reads whole sequences, so that there is but one window. Null: nothing.</summary>
    public TiltModule? Tilt { get; init; }

    /// <summary>Is given step, iteration and free energy [particle, row] in nats, where the inference network iterates.</summary>
    public Action<SequenceBatch, int, int, Tensor>? FreeEnergy { get; init; }

    /// <summary>Runs through the next window.</summary>
    /// <param name="batch">The window.</param>
    /// <param name="encoding">What the inference network read of it.</param>
    /// <param name="goingOn">Rows that go on after it.</param>
    /// <param name="observer">Sees every step; W begins anew in a window unless the loop resamples.</param>
    public ParticleTerms Run(SequenceBatch batch, Encoding encoding, int goingOn, Action<ParticleStep>? observer)
    {
        var (start, weights) = (_state, _weights);
        (_state, _weights) = (null, null);
        var terms = ParticleLoop.Run(new ParticleQuery(networks.Generative, networks.Inference, batch, noise)
        {
            Criterion = criterion,
            Encoding = encoding,
            Start = start,
            StartWeights = weights,
            Tilt = Tilt,
            FreeEnergy = FreeEnergy is { } watch ? (step, iteration, energy) => watch(batch, step, iteration, energy) : null,
            Observer = step =>
            {
                observer?.Invoke(step);
                if (goingOn > 0 && step.Time + 1 == batch.Steps)
                    Keep(step, goingOn);
            },
        });
        Dispose(start, weights);
        return terms;
    }

    /// <inheritdoc/>
    public void Dispose() => Dispose(_state, _weights);

    private void Keep(ParticleStep step, int goingOn)
    {
        _state = step.State.Rows(goingOn).Map(part => part.clone().DetachFromDisposeScope());
        if (criterion is not NeverCriterion)
            _weights = step.LogWeights.narrow(0, 0, goingOn).clone().DetachFromDisposeScope();
    }

    private static void Dispose(ModelState? state, Tensor? weights)
    {
        state?.Map(part =>
        {
            part.Dispose();
            return part;
        });
        weights?.Dispose();
    }
}
