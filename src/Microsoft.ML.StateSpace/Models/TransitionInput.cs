using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>What a transition reads: z_{t−1}, and whatever the model conditions on beside it.</summary>
internal sealed class TransitionInput : nn.Module
{
    private readonly Affine? sum;
    private readonly Conditioning? _conditioning;
    private readonly bool _augmented;

    public TransitionInput(int latentSize, DataShape data, Conditioning? conditioning, bool augmented, Initializer initializer)
        : base(nameof(TransitionInput))
    {
        _conditioning = conditioning;
        _augmented = augmented;
        int known = conditioning is null ? 0 : conditioning.CountOf(data.ControlSize) + (conditioning.TimeGap ? 1 : 0);
        if (conditioning?.Mode == ConditioningMode.Sum)
            sum = new Affine(known, latentSize, initializer);
        Size = latentSize + (sum is null ? known : 0) + (augmented ? data.ObservationSize : 0);
        RegisterComponents();
    }

    /// <summary>The numbers read.</summary>
    public int Size { get; }

    /// <summary>[.., row, Size]</summary>
    public Tensor Of(Past past)
    {
        var latent = past.Latent!;
        var known = Known(past.Inputs);
        if (sum is not null)
            latent = latent + sum.call(known!);
        Tensor?[] beside = [sum is null ? known : null, _augmented ? past.Observation : null];
        return beside.All(part => part is null) ? latent : Columns.Join([latent, .. beside.OfType<Tensor>()]);
    }

    private Tensor? Known(StepInputs inputs) => _conditioning switch
    {
        null => null,
        { Controls: true, TimeGap: true } => cat([_conditioning.Of(inputs.Controls!), inputs.Gap!], -1),
        { Controls: true } => _conditioning.Of(inputs.Controls!),
        _ => inputs.Gap!,
    };
}
