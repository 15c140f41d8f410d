using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>What an iterative inference network reads of the free energy F = −log p(x_t | z_t) + KL(q ‖ p(z_t | past)).</summary>
public enum IterativeEncoding
{
    /// <summary>μ, log v and ∇F of both.</summary>
    Gradient,
    /// <summary>μ, log v and the errors x_t − E[x_t | z_t] and (z_t − μ_prior) / σ_prior.</summary>
    Error,
    /// <summary>μ, log v and x_t itself: no gradient is taken.</summary>
    Direct,
}

/// <summary>How an iteration changes λ = (μ, log v).</summary>
public enum IterativeUpdate
{
    /// <summary>λ' = g ⊙ λ + (1 − g) ⊙ f.</summary>
    Highway,
    /// <summary>λ' = λ − η ⊙ ∇F + f, η a sigmoid gate.</summary>
    LearnedSgd,
    /// <summary>λ' = λ − η ∇F with one fixed η: no network at all.</summary>
    Sgd,
}

/// <summary>Amortized variational filtering (Marino, Cvitkovic, Yue 2018): q(z_t | x_1 … x_t) by a few learned iterations from the
/// prior, under any generative model.</summary>
/// <remarks>
/// <para>λ = (μ, log v) begins at p(z_t | past), cut from its gradient; K times: F is estimated, and λ moves on.
/// The network's parameters see F at their own step only and are stepped by an optimiser of their own at every time step; the
/// generative model's gradient through q is exactly zero.</para>
/// </remarks>
public sealed record IterativeInference : InferenceNetwork
{
    /// <summary>K, iterations per step. Default 1.</summary>
    public int Iterations { get; init; } = 1;

    /// <summary>What the network reads. Default: gradients.</summary>
    public IterativeEncoding Encoding { get; init; } = IterativeEncoding.Gradient;

    /// <summary>How it changes λ. Default: highway.</summary>
    public IterativeUpdate Update { get; init; } = IterativeUpdate.Highway;

    /// <summary>Whether x_t is a further input beside gradients or errors. Default false.</summary>
    public bool ReadsObservation { get; init; }

    /// <summary>Whether each input is normalised over its dimensions, without gain; an input of one number stays as it is. Default true.</summary>
    public bool LayerNorm { get; init; } = true;

    /// <summary>Units of each layer. Default 256.</summary>
    public int HiddenSize { get; init; } = 256;

    /// <summary>Layers; those after the first are highway layers. Default 2.</summary>
    public int HiddenLayers { get; init; } = 2;

    /// <summary>The layers' nonlinearity. Default ELU.</summary>
    public Activation Activation { get; init; } = Activation.Elu;

    /// <summary>Draws of z_t behind each estimate of F; 0: the 2Z points ±√Z e_i, exact where log p(x_t | z_t) is quadratic. Default 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>η of <see cref="IterativeUpdate.Sgd"/>. Default 0.1.</summary>
    public double StepSize { get; init; } = 0.1;

    /// <summary>Step size of the network's own Adam at the start; it follows the trainer's schedule. Default 0.0003.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Largest norm of the network's own gradient. Default 1.</summary>
    public double GradientClipNorm { get; init; } = 1;

    /// <inheritdoc/>
    public override bool UsesFuture => false;

    /// <inheritdoc/>
    public override bool LearnsItself => Update != IterativeUpdate.Sgd;

    /// <inheritdoc/>
    public override bool BeginsAtPrior => true;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new IterativeInferenceModule(this, model, readsMask, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(GenerativeModel model)
    {
        if (Encoding == IterativeEncoding.Error && !model.HasObservationMean)
            yield return "Inference reads the error x_t − E[x_t | z_t], but the emission's mean has no closed form; set Encoding to Gradient.";
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Iterations < 1)
            yield return $"Iterations is {Iterations}; it must be at least 1.";
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (HiddenLayers < 1)
            yield return $"HiddenLayers is {HiddenLayers}; it must be at least 1.";
        if (Samples < 0)
            yield return $"Samples is {Samples}; it must be at least 0 (0: 2·LatentSize fixed points).";
        if (StepSize is not (> 0 and < 1e6))
            yield return $"StepSize is {StepSize}; it must be above 0.";
        if (LearningRate is not (> 0 and < 1e6))
            yield return $"LearningRate is {LearningRate}; it must be above 0.";
        if (!(GradientClipNorm > 0))
            yield return $"GradientClipNorm is {GradientClipNorm}; it must be above 0.";
        if (Encoding == IterativeEncoding.Direct && Update == IterativeUpdate.LearnedSgd)
            yield return "Update LearnedSgd steps along a gradient, which Encoding Direct does not take; use Highway.";
        if (Update == IterativeUpdate.Sgd && (Encoding != IterativeEncoding.Gradient || ReadsObservation))
            yield return "Update Sgd has no network, so that it reads gradients only; set Encoding to Gradient and ReadsObservation to false.";
    }
}
