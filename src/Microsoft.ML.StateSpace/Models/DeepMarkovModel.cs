using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The deep Markov model (Krishnan et al. 2017): z_1 ~ prior, z_t ~ transition(z_{t−1}), x_t ~ emission(z_t).</summary>
public sealed record DeepMarkovModel : GenerativeModel
{
    /// <summary>p(z_t | z_{t−1}). Default: gated.</summary>
    public Transition Transition { get; init; } = new GatedTransition();

    /// <summary>p(x_t | z_t). Default: Gaussian.</summary>
    public Emission Emission { get; init; } = new GaussianEmission();

    /// <summary>Whether p(z_1) is learned; else it is N(0, <see cref="InitialVariance"/> I). Default true.</summary>
    public bool LearnInitialPrior { get; init; } = true;

    /// <summary>The variance of p(z_1), or where it begins. Default 1.</summary>
    public double InitialVariance { get; init; } = 1;

    /// <summary>Controls and time gap that the transition sees; null: none. Default null.</summary>
    public Conditioning? Conditioning { get; init; }

    /// <summary>Whether z_t also sees x_{t−1}: DMM-Aug, in the paper's alignment. Default false.</summary>
    public bool Augmented { get; init; }

    /// <inheritdoc/>
    public override bool ReadsControls => Conditioning?.Controls ?? false;

    /// <inheritdoc/>
    public override bool ReadsTimes => Conditioning?.TimeGap ?? false;

    /// <inheritdoc/>
    public override bool IsGaussianMarkov => !Augmented && !Emission.ReadsPreviousObservation && Emission.IsGaussian;

    /// <inheritdoc/>
    public override bool IsRealValued => Emission.IsRealValued;

    /// <inheritdoc/>
    public override bool IsInDataUnits => Transition.IsInDataUnits || Emission.IsInDataUnits;

    /// <inheritdoc/>
    public override bool HasObservationMean => Emission.HasMean;

    /// <inheritdoc/>
    public override GenerativeModule Create(DataShape data, Initializer initializer) => new DeepMarkovModule(this, data, initializer);

    /// <inheritdoc/>
    public override string? FaultOf(float value) => Emission.FaultOf(value);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(DataShape data) => base.FaultsWith(data)
        .Concat(Conditioning?.ControlCount > data.ControlSize ? [$"Conditioning.ControlCount is {Conditioning.ControlCount}, but there are {data.ControlSize} controls."] : [])
        .Concat(Emission.FaultsWith(LatentSize, data.ObservationSize).Select(fault => $"Emission: {fault}"));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
        base.Validate()
            .Concat(InitialVariance > 0 && double.IsFinite(InitialVariance) ? [] : [$"InitialVariance is {InitialVariance}; it must be above 0."])
            .Concat(Transition.FaultsWith(LatentSize).Select(fault => $"Transition: {fault}"))
            .Concat(Transition.Validate().Select(fault => $"Transition.{fault}"))
            .Concat(Emission.Validate().Select(fault => $"Emission.{fault}"))
            .Concat((Conditioning?.Validate() ?? []).Select(fault => $"Conditioning.{fault}"));
}
