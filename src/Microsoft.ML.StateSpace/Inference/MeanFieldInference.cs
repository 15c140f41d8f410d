using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>Mean-field inference q(z_t | x): MF-L, MF-R or MF-LR by direction (Krishnan et al. 2017, §4).</summary>
/// <remarks>A Gaussian head on the RNN alone; in both directions the product of the two Gaussians.</remarks>
public sealed record MeanFieldInference : RecurrentInference
{
    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new MeanFieldInferenceModule(this, model.LatentSize, model.ObservationSize, readsMask, initializer);
}

internal sealed class MeanFieldInferenceModule : InferenceModule
{
    private readonly ModuleList<RnnEncoder> encoders;
    private readonly ModuleList<GaussianHead> heads = new();
    private readonly bool _usesFuture;
    private readonly double _inputDropout;

    public MeanFieldInferenceModule(RecurrentInference options, int latentSize, int observationSize, bool readsMask,
        Initializer initializer) : base(nameof(MeanFieldInference), readsMask)
    {
        _usesFuture = options.UsesFuture;
        _inputDropout = options.InputDropout;
        encoders = new(options.Encoders(observationSize, readsMask, initializer));
        foreach (var _ in encoders)
            heads.Add(new GaussianHead(options.HiddenSize, latentSize, initializer, options.Variance));
        RegisterComponents();
    }

    // z_{t−1} plays no part, so that all steps' posteriors are known at once: mean and variance, packed.
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var inputs = Inputs(batch, _inputDropout, dropoutNoise);
        var posterior = heads[0].call(encoders[0].Encode(inputs, batch, dropoutNoise));
        for (int i = 1; i < heads.Count; i++)
            posterior = posterior.Product(heads[i].call(encoders[i].Encode(inputs, batch, dropoutNoise)));
        return new Encoding(batch, posterior.Mean.MoveToOuterDisposeScope(), posterior.Variance.MoveToOuterDisposeScope());
    }

    internal override bool EncodesWindows => true;

    internal override Tensor[]? FreeOf(Encoding encoding) => [encoding.States[0], encoding.States[1].log()];

    internal override Tensor[] StatesOf(Tensor[] free) => [free[0], free[1].exp()];

    public override bool ReadsByStep => !_usesFuture;

    internal override bool EncodesApart => !_usesFuture;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried)
    {
        if (_usesFuture)
            return base.Read(batch, rows, carried);
        using var scope = NewDisposeScope();
        var (state, left) = encoders[0].EncodeStep(Inputs(batch, rows), carried);
        var posterior = heads[0].call(state);
        return new StepReading([posterior.Mean.MoveToOuterDisposeScope(), posterior.Variance.MoveToOuterDisposeScope()],
            [.. left.Select(part => part.MoveToOuterDisposeScope())]);
    }

    public override LatentDistribution Posterior(PosteriorQuery query) =>
        new DiagonalGaussian(query.Encoding.Of(query.Rows), query.Encoding.Of(query.Rows, 1));
}
