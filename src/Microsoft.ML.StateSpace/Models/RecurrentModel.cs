using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>What the models have in common whose deterministic path h_t is a recurrent network: VRNN and SRNN.</summary>
/// <remarks>The path reads x_{t−1} less the training mean; x_0, z_0 and h_0 are 0.</remarks>
public abstract record RecurrentModel : GenerativeModel
{
    /// <summary>p(x_t | enc_z(z_t), h_t). Default: Gaussian.</summary>
    public Emission Emission { get; init; } = new GaussianEmission();

    /// <summary>The recurrent cell of the path. Default LSTM.</summary>
    public RnnCell Cell { get; init; } = RnnCell.Lstm;

    /// <summary>H, units of the path. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Units of each layer of enc_x and enc_z. Default 64.</summary>
    public int EncoderSize { get; init; } = 64;

    /// <summary>Layers of enc_x and enc_z; 0 passes x and z on as they are. Default 1.</summary>
    public int EncoderLayers { get; init; } = 1;

    /// <summary>Units of each hidden layer of the prior. Default 64.</summary>
    public int PriorSize { get; init; } = 64;

    /// <summary>Hidden layers of the prior; 0: its heads are linear. Default 1.</summary>
    public int PriorLayers { get; init; } = 1;

    /// <summary>The nonlinearity of encoders and prior. Default ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>How the prior's variance is read off its network.</summary>
    public VarianceParameterisation Variance { get; init; } = new();

    /// <summary>Whether the path also reads the controls of its step. Default false.</summary>
    public bool ConditionOnControls { get; init; }

    /// <inheritdoc/>
    public override bool HasPath => true;

    /// <inheritdoc/>
    public override bool ReadsControls => ConditionOnControls;

    /// <inheritdoc/>
    public override bool IsRealValued => Emission.IsRealValued;

    /// <inheritdoc/>
    public override bool IsInDataUnits => Emission.IsInDataUnits;

    /// <inheritdoc/>
    public override bool HasObservationMean => Emission.HasMean;

    /// <inheritdoc/>
    public override string? FaultOf(float value) => Emission.FaultOf(value);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        foreach (var (name, size) in new[] { (nameof(HiddenSize), HiddenSize), (nameof(EncoderSize), EncoderSize), (nameof(PriorSize), PriorSize) })
            if (size < 1)
                yield return $"{name} is {size}; it must be at least 1.";
        foreach (var (name, layers) in new[] { (nameof(EncoderLayers), EncoderLayers), (nameof(PriorLayers), PriorLayers) })
            if (layers < 0)
                yield return $"{name} is {layers}; it must be at least 0.";
        foreach (string fault in Variance.Validate())
            yield return $"Variance.{fault}";
        foreach (string fault in Emission.Validate())
            yield return $"Emission.{fault}";
    }
}
