using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Describes p(x_t | z_t), or p(x_t | z_t, past) where the model feeds it more than z_t.</summary>
public abstract record Emission
{
    /// <summary>Units of each hidden layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Hidden layers; 0 is the linear emission. Default 1.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>The hidden layers' nonlinearity. Default ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Adds W_res · input to the first parameter (logits, mean or log-rate). Default false.</summary>
    public bool Residual { get; init; }

    /// <summary>The conditional emission: the model appends x_{t−1} to the input, zeros at the first step. Default false.</summary>
    public bool ReadsPreviousObservation { get; init; }

    /// <summary>Whether E[x_t | input] has a closed form; else it is the mean of samples.</summary>
    public virtual bool HasMean => true;

    /// <summary>Whether p(x_t | input) is Gaussian with independent dimensions, as a Kalman filter needs it.</summary>
    public virtual bool IsGaussian => false;

    /// <summary>Whether x_t is real numbers whose unit does not matter to the networks, so that the trainer may standardise them.</summary>
    public virtual bool IsRealValued => false;

    /// <summary>Whether the options say something in the data's units, which standardised data would contradict.</summary>
    public virtual bool IsInDataUnits => false;

    /// <summary>Makes the networks of an emission.</summary>
    /// <param name="inputSize">Size of what the model feeds it at each step: z_t and whatever comes with it.</param>
    /// <param name="observationSize">D</param>
    /// <param name="initializer">Where the weights come from.</param>
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
        if (Residual && HiddenLayers == 0)
            yield return "Residual adds nothing to an emission with HiddenLayers = 0, which is linear; choose one of the two.";
    }

    private protected Mlp MakeHidden(int inputSize, Initializer initializer) =>
        new(inputSize, HiddenSize, HiddenLayers, Activation, initializer);

    private protected OutputLayer MakeFirstOutput(Mlp hidden, int inputSize, int outputs, Initializer initializer) =>
        new(hidden.OutputSize, inputSize, outputs, Residual, initializer);
}
