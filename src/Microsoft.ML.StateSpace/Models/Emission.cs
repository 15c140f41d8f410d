using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Describes p(x_t | z_t).</summary>
public abstract record Emission
{
    /// <summary>Units of each hidden layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Hidden layers; 0 is the linear emission. Default 1.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>The hidden layers' nonlinearity. Default ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether the emission also reads x_{t−1}, the model putting it beside z_t. Default false.</summary>
    public bool ReadsPreviousObservation { get; init; }

    /// <summary>Makes the networks of an emission.</summary>
    public abstract EmissionModule Create(int inputSize, int observationSize, Initializer initializer);

    /// <summary>What is wrong with an observed value as this emission's target, or null: says it and what to do.</summary>
    public virtual string? FaultOf(float value) => null;

    /// <summary>What keeps the emission from a model's sizes, each a sentence.</summary>
    public virtual IEnumerable<string> FaultsWith(int latentSize, int observationSize) => [];

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (HiddenLayers < 0)
            yield return $"HiddenLayers is {HiddenLayers}; it must be at least 0.";
    }
}

/// <summary>The networks of an emission.</summary>
public abstract class EmissionModule(string name) : nn.Module(name)
{
    /// <summary>log p(x_t | z_t) of the observed dimensions, in nats: [.., Z] and [.., D] to [..].</summary>
    /// <param name="latent">[.., Z]</param>
    /// <param name="observation">[.., D], broadcast over particles.</param>
    /// <param name="observed">1 where observed, [.., D]; null when everything is.</param>
    public Tensor LogLikelihood(Tensor latent, Tensor observation, Tensor? observed)
    {
        var terms = LogDensities(latent, observation);
        return (observed is null ? terms : terms * observed).sum(-1);
    }

    /// <summary>log p(x_t,d | z_t) of every dimension: [.., D].</summary>
    protected abstract Tensor LogDensities(Tensor latent, Tensor observation);

    /// <summary>E[x_t | z_t]: [.., Z] to [.., D].</summary>
    public abstract Tensor Mean(Tensor latent);

    /// <summary>A draw of x_t | z_t: [.., D].</summary>
    /// <param name="latent">[.., Z]</param>
    /// <param name="uniform">Uniform on (0, 1), [.., D].</param>
    public abstract Tensor Sample(Tensor latent, Tensor uniform);

    /// <summary>Whether <see cref="Mean"/> has a closed form; when not, callers average samples.</summary>
    public virtual bool HasMean => true;

    /// <summary>Uniform numbers that one draw of an observation of <paramref name="observationSize"/> numbers takes.</summary>
    public virtual int UniformsPerStep(int observationSize) => observationSize;

    /// <summary>Sets the output bias so that the untrained emission predicts the training mean.</summary>
    /// <param name="mean">Mean of the observed training values, [D].</param>
    /// <param name="variance">Their variance, [D].</param>
    public abstract void StartAt(Tensor mean, Tensor variance);
}
