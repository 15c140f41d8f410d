using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The learned proposal of a Gaussian HMM (Maddison et al. 2017): N(A_t z_{t−1} + W_t x + g_t, diag v_t) with parameters of every
/// step; forward x is x_t, backward it is x_t … x_{t+S−1}.</summary>
/// <remarks>The true posterior of a linear-Gaussian model is of this form, where its covariance is diagonal.</remarks>
public sealed record PerStepLinearInference : InferenceNetwork
{
    /// <summary>Backward: given the observations from t on; forward: given x_t only. Default backward.</summary>
    public Direction Direction { get; init; } = Direction.Backward;

    /// <summary>S, the steps with parameters of their own, and how far the backward form looks; later steps use the last one's. Default 10.</summary>
    public int Steps { get; init; } = 10;

    /// <inheritdoc/>
    public override bool UsesFuture => Direction != Direction.Forward;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new PerStepLinearModule(this, model, readsMask, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Direction is not (Direction.Forward or Direction.Backward))
            yield return $"Direction is {Direction}; z_{{t−1}} already holds what came before, so choose Forward or Backward.";
        if (Steps < 1)
            yield return $"Steps is {Steps}; it must be at least 1.";
    }
}

internal sealed class PerStepLinearModule : InferenceModule
{
    private readonly Parameter latentWeights;
    private readonly Parameter observationWeights;
    private readonly Parameter offsets;
    private readonly Parameter variances;
    private readonly int _latentSize;
    private readonly int _window;
    private readonly bool _usesFuture;

    public PerStepLinearModule(PerStepLinearInference options, GenerativeModule model, bool readsMask, Initializer initializer)
        : base(nameof(PerStepLinearInference), readsMask)
    {
        _latentSize = model.LatentSize;
        _usesFuture = options.UsesFuture;
        _window = _usesFuture ? options.Steps : 1;
        int inputs = (readsMask ? 2 : 1) * model.ObservationSize * _window;
        latentWeights = initializer.Weight(options.Steps, _latentSize * _latentSize);
        observationWeights = initializer.Weight(options.Steps, _latentSize * inputs);
        offsets = initializer.Weight(options.Steps, _latentSize);
        variances = initializer.Weight(options.Steps, _latentSize);
        RegisterComponents();
    }

    // W_t x + g_t of every packed step.
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var inputs = Windows(Inputs(batch), batch);
        var steps = batch.Inputs(new PackedRange(0, batch.PackedSteps)).Step;
        var weights = Of(observationWeights, steps).view(batch.PackedSteps, _latentSize, -1);
        return new Encoding(batch, (weights.Apply(inputs) + Of(offsets, steps)).MoveToOuterDisposeScope());
    }

    internal override bool EncodesWindows => !_usesFuture;

    internal override Tensor[]? FreeOf(Encoding encoding) => encoding.States;

    public override bool ReadsByStep => !_usesFuture;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried)
    {
        if (_usesFuture)
            return base.Read(batch, rows, carried);
        using var scope = NewDisposeScope();
        var steps = batch.Inputs(rows).Step;
        var weights = Of(observationWeights, steps).view(rows.Count, _latentSize, -1);
        return new StepReading([(weights.Apply(Inputs(batch, rows)) + Of(offsets, steps)).MoveToOuterDisposeScope()], []);
    }

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var steps = query.Past.Inputs.Step;
        var mean = query.Rows.Of(query.Encoding.States[0]);
        if (query.Past.Latent is { } latent)
            mean = mean + Of(latentWeights, steps).view(-1, _latentSize, _latentSize).Apply(latent);
        return new DiagonalGaussian(mean, DiagonalGaussian.VarianceOf(Of(variances, steps)).expand_as(mean));
    }

    // Every step's inputs and those of the steps after it, zeros beyond the length: [S, window · I].
    private Tensor Windows(Tensor inputs, SequenceBatch batch)
    {
        if (_window == 1)
            return inputs;
        var steps = batch.Inputs(new PackedRange(0, batch.PackedSteps)).Step;
        var padded = nn.functional.pad(batch.Pad(inputs), [0, 0, 0, _window - 1]);
        return padded.unfold(1, _window, 1).flatten(2).flatten(0, 1).index_select(0, batch.RowIndex * batch.Steps + steps);
    }

    private static Tensor Of(Parameter values, Tensor steps) => values.index_select(0, steps.clamp(max: values.shape[0] - 1));
}
