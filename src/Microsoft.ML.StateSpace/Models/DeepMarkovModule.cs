using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

internal sealed class DeepMarkovModule : GenerativeModule
{
    private readonly TransitionModule transition;
    private readonly EmissionModule emission;
    private readonly TransitionInput input;
    private readonly Parameter initialMean;
    private readonly Parameter initialLogVariance;
    private readonly Affine? initialControls;
    private readonly Conditioning? _conditioning;
    private readonly bool _augmented;
    private readonly bool _conditionalEmission;

    public DeepMarkovModule(DeepMarkovModel options, DataShape data, Initializer initializer)
        : this(options, data, options.Transition.Create, options.Emission.Create, initializer)
    {
    }

    /// <summary>With parts of the caller's own making.</summary>
    public DeepMarkovModule(DeepMarkovModel options, DataShape data, Func<int, int, Initializer, TransitionModule> makeTransition,
        Func<int, int, Initializer, EmissionModule> makeEmission, Initializer initializer)
        : base(nameof(DeepMarkovModel), options.LatentSize, data)
    {
        int latentSize = options.LatentSize;
        _augmented = options.Augmented;
        _conditionalEmission = options.Emission.ReadsPreviousObservation;
        input = new TransitionInput(latentSize, data, options.Conditioning, _augmented, initializer);
        transition = makeTransition(input.Size, latentSize, initializer);
        emission = makeEmission(latentSize + (_conditionalEmission ? data.ObservationSize : 0), data.ObservationSize, initializer);
        initialMean = initializer.Constant(latentSize);
        initialLogVariance = initializer.Constant(latentSize, (float)Math.Log(options.InitialVariance));
        initialMean.requires_grad = initialLogVariance.requires_grad = options.LearnInitialPrior;
        initialControls = options.Conditioning is { InitialPrior: true }
            ? new Affine(options.Conditioning.CountOf(data.ControlSize), latentSize, initializer) : null;
        _conditioning = options.Conditioning;
        RegisterComponents();
    }

    public override EmissionModule Emission => emission;

    public override bool ReadsObservations => _augmented || _conditionalEmission;

    // x_0 = 0, and so at the first step of every row.
    public override Past Enter(ModelState? previous, StepInputs inputs, long rows) => new(previous?.Latent,
        !ReadsObservations ? null : previous?.Observation ?? zeros([rows, ObservationSize], initialMean.dtype, initialMean.device), [], inputs);

    public override LatentDistribution Prior(Past past, long rows) => past.Latent is not null
        ? transition.call(input.Of(past))
        : new DiagonalGaussian(initialControls is null ? initialMean.expand(rows, -1) : initialMean + initialControls.call(_conditioning!.Of(past.Inputs.Controls!)),
            initialLogVariance.exp().expand(rows, -1));

    public override Tensor EmissionInput(Tensor latent, Past past) =>
        _conditionalEmission ? Columns.Join(latent, past.Observation!) : latent;
}
