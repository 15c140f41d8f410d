using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The parts a model is made of.</summary>
/// <param name="Generative">p(x, z)</param>
/// <param name="Inference">q(z | x)</param>
/// <param name="Proposal">What proposes the filter's particles where <paramref name="Inference"/> sees the future.</param>
/// <param name="Data">Sizes that the data decide.</param>
/// <param name="ReadsMask">Whether the encoders read the mask: fixed when the model is made.</param>
internal sealed record ModelParts(GenerativeModel Generative, InferenceNetwork Inference, FilteringProposal Proposal,
    DataShape Data, bool ReadsMask)
{
    /// <summary>What the model is trained by: it may have networks of its own. Default the ELBO, which has none.</summary>
    public Bound Bound { get; init; } = new Elbo();

    /// <summary>The units that the networks compute in; null: those of the data.</summary>
    public SequenceScaling? Scaling { get; init; }

    /// <summary>What keeps the parts from each other or from the data, each a sentence.</summary>
    public IEnumerable<string> Faults() => Generative.FaultsWith(Data).Concat(Inference.FaultsWith(Generative));

    /// <summary>Makes the networks with weights drawn from a seed.</summary>
    public StateSpaceNetworks Create(int seed, WeightInit? weightInit = null) => Create(new Initializer(seed, weightInit));

    /// <summary>Makes the networks.</summary>
    public StateSpaceNetworks Create(Initializer initializer)
    {
        var generative = Generative.Create(Data, initializer);
        var inference = Inference.Create(generative, ReadsMask, initializer);
        var proposal = Inference.UsesFuture ? Proposal.NetworkFor(Inference, Generative).Create(generative, ReadsMask, initializer) : null;
        var networks = new StateSpaceNetworks(generative, inference, proposal, Bound.CreateTilt(generative, ReadsMask, initializer)) { Scaling = Scaling };
        // The weights live as long as the model, whatever scope the caller happens to be in.
        foreach (var parameter in networks.parameters())
            parameter.DetachFromDisposeScope();
        return networks;
    }
}

/// <summary>Trains all networks of a model: model and inference network first, then the filtering proposal.</summary>
internal static class ModelTraining
{
    /// <summary>Trains on sequences in the model's units, and tells of bounds in those of the data. Begins where <see cref="Start"/>,
    /// or another model's weights, left the networks; leaves the best weights in the networks, in evaluation mode.</summary>
    /// <exception cref="NonFiniteBoundException">A bound or gradient is not finite.</exception>
    public static TrainingHistory Run(StateSpaceNetworks networks, ModelParts parts, Bound bound, TrainingOptions options,
        TrainingSet train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation, TrainingCheckpoints? checkpoints = null)
    {
        // A proposal without parameters, such as the exact one, has nothing to fit.
        bool twoStages = parts.Inference.UsesFuture && networks.FilteringProposal.parameters().Any(p => p.requires_grad);
        var first = options with { MaxTime = twoStages ? options.MaxTime * (1 - parts.Proposal.TimeShare) : options.MaxTime };
        var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, bound, first, TrainsGenerative: true, networks.Tilt);
        stage = stage with { Penalties = Penalties(stage) };
        var history = checkpoints?.ModelHistory
            ?? Run(stage, train, validation, device, observer, cancellation, checkpoints?.Of(TrainingStage.Model));
        // A cancelled training still filters, if badly, with the proposal as it began.
        if (!twoStages || history.StopReason is StopReason.Cancelled or StopReason.Observer)
            return history;
        // A model whose own stage was over before an interruption has not been switched off here yet.
        stage.SetTraining(false);
        var second = parts.Proposal.Schedule(options);
        var fitting = new Stage(TrainingStage.FilteringProposal, networks.Generative, networks.FilteringProposal,
            new InclusiveKl(networks.Inference), second, TrainsGenerative: false);
        fitting = fitting with { Penalties = Penalties(fitting) };
        using var proposalLoop = new TrainingLoop(fitting, train, validation, device, observer, cancellation,
            checkpoints?.Of(TrainingStage.FilteringProposal, history));
        var fitted = proposalLoop.Run();
        return history with
        {
            Epochs = [.. history.Epochs, .. fitted.Epochs],
            StopReason = fitted.StopReason == StopReason.Cancelled ? StopReason.Cancelled : history.StopReason,
        };
        PenaltyTerms Penalties(Stage trained) => new(options.Penalties ?? [], networks.named_parameters(), trained.Parameters);
    }

    /// <summary>The same on sequences in memory.</summary>
    public static TrainingHistory Run(StateSpaceNetworks networks, ModelParts parts, Bound bound, TrainingOptions options,
        IReadOnlyList<Sequence> train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation) =>
        Run(networks, parts, bound, options, TrainingSet.Of(train), validation, device, observer, cancellation);

    private static TrainingHistory Run(Stage stage, TrainingSet train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation, TrainingCheckpoints.StageCheckpoints? checkpoints)
    {
        // All is known already: an exact proposal of a model whose parameters are given.
        if (stage.Parameters.Count == 0)
        {
            double known = new Validation(validation, stage.Options.BatchSize * 4, device, stage.Options.KnownSeed).Evaluate(stage);
            stage.SetTraining(false);
            return new TrainingHistory([], 0, known, StopReason.EpochsDone);
        }
        if (stage.Bound is ExpectationMaximization)
        {
            using var closedForm = new ClosedFormTraining(stage, train, validation, device, observer, cancellation, checkpoints);
            return closedForm.Run();
        }
        using var loop = new TrainingLoop(stage, train, validation, device, observer, cancellation, checkpoints);
        return loop.Run();
    }

    /// <summary>Lets the untrained model predict the training data's mean: it need not first learn how often a note sounds.</summary>
    public static void Start(GenerativeModule generative, IEnumerable<Sequence> train, Device device)
    {
        using var scope = NewDisposeScope();
        generative.StartAt(ObservationStatistics.Of(train, generative.Emission.CountedCodes, device));
    }
}
