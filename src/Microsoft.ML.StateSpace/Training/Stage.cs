using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What a stage of training maximises, and over which parameters.</summary>
/// <param name="Kind">Which stage.</param>
/// <param name="Generative">p(x, z)</param>
/// <param name="Inference">The inference network trained.</param>
/// <param name="Bound">What is maximised, and validated.</param>
/// <param name="Options">Schedule and sizes.</param>
/// <param name="TrainsGenerative">Whether the generative model is trained too, or frozen.</param>
/// <param name="Tilt">What looks ahead for the bound, trained with it; null: nothing.</param>
internal sealed record Stage(TrainingStage Kind, GenerativeModule Generative, InferenceModule Inference, Bound Bound,
    TrainingOptions Options, bool TrainsGenerative, TiltModule? Tilt = null)
{
    /// <summary>The parameters that the stage changes.</summary>
    public IReadOnlyList<Parameter> Parameters { get; } =
        [.. (TrainsGenerative ? Generative.parameters().Concat(Inference.parameters()) : Inference.parameters())
            .Concat(Tilt?.parameters() ?? []).Where(p => p.requires_grad)];

    /// <summary>What the bound keeps from update to update.</summary>
    public BoundState? State { get; } = Bound.CreateState();

    /// <summary>Those that the bound's gradient moves: not those of a network that learns by itself.</summary>
    public IReadOnlyList<Parameter> MovedByBound { get; } =
        [.. (TrainsGenerative ? Generative.parameters() : []).Concat(Inference.MovedByBound)
            .Concat(Tilt?.parameters() ?? []).Where(p => p.requires_grad)];

    /// <summary>What the loss per observed step grows by.</summary>
    public PenaltyTerms Penalties { get; init; } = PenaltyTerms.None;

    /// <summary>What the bound of a batch grows by in the data's units, in nats; 0 where nothing is standardised, or the bound is not one on
    /// the observations' density.</summary>
    public double LogJacobian(SequenceBatch batch) => Bound.IsOfObservations ? batch.LogJacobians.Sum() : 0;

    /// <summary>Freezes what the stage does not train, until disposed.</summary>
    public IDisposable Freeze() => TrainsGenerative ? new Frozen([]) : new Frozen([.. Generative.parameters().Where(p => p.requires_grad)]);

    /// <summary>Switches dropout on or off.</summary>
    public void SetTraining(bool training)
    {
        Generative.train(training && TrainsGenerative);
        Inference.train(training);
        Tilt?.train(training);
    }

    /// <summary>The bound of a batch, at the stage's number of samples.</summary>
    public BoundTerms Evaluate(SequenceBatch batch, Generator noise, double klWeight, ModelState? start = null,
        Action<ModelState>? end = null)
    {
        using var draws = new BatchNoise(noise, Bound.TrainingParticles, batch.Type);
        return Bound.Evaluate(new BoundQuery(Generative, Inference, batch, draws)
        {
            KlWeight = klWeight,
            DropoutNoise = noise,
            Start = start,
            End = end,
            Tilt = Tilt,
            State = State,
        });
    }

    private sealed class Frozen : IDisposable
    {
        private readonly Parameter[] _parameters;

        public Frozen(Parameter[] parameters)
        {
            _parameters = parameters;
            foreach (var parameter in parameters)
                parameter.requires_grad = false;
        }

        public void Dispose()
        {
            foreach (var parameter in _parameters)
                parameter.requires_grad = true;
        }
    }
}
