using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The networks of one model: p(x, z), q(z | x), the proposal that filters, and a tilt.</summary>
public sealed class StateSpaceNetworks : nn.Module
{
    private readonly GenerativeModule generative;
    private readonly InferenceModule inference;
    private readonly InferenceModule? proposal;
    private readonly TiltModule? tilt;

    /// <summary>Takes the networks over; disposing this disposes them.</summary>
    /// <param name="generative">p(x, z).</param>
    /// <param name="inference">q(z | x).</param>
    /// <param name="proposal">A forward network that filters; null when <paramref name="inference"/> itself can.</param>
    /// <param name="tilt">What looks ahead for FIVO; null: nothing.</param>
    public StateSpaceNetworks(GenerativeModule generative, InferenceModule inference, InferenceModule? proposal, TiltModule? tilt = null)
        : base(nameof(StateSpaceNetworks))
    {
        this.generative = generative;
        this.inference = inference;
        this.proposal = proposal;
        this.tilt = tilt;
        RegisterComponents();
    }

    /// <summary>p(x, z).</summary>
    public GenerativeModule Generative => generative;

    /// <summary>q(z | x).</summary>
    public InferenceModule Inference => inference;

    /// <summary>The network that proposes particles from x_1 … x_t only.</summary>
    public InferenceModule FilteringProposal => proposal ?? inference;

    /// <summary>What looks ahead for FIVO; null: nothing.</summary>
    public TiltModule? Tilt => tilt;

    /// <summary>The units that all of them compute in; null: those of the data. Whoever gives them a sequence applies it, and whoever
    /// takes numbers of the observations' kind from them inverts it.</summary>
    public SequenceScaling? Scaling { get; init; }
}
