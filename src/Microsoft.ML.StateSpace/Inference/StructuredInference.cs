using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>Structured inference q(z_t | z_{t−1}, x): ST-L, ST-R (the deep Kalman smoother, DKS) or ST-LR by direction
/// (Krishnan et al. 2017, §4).</summary>
/// <remarks>ĥ = ½ (tanh(W z_{t−1} + b) + h_t), or ⅓ (tanh(·) + h_left + h_right) in both directions; μ linear in ĥ,
/// σ² = softplus(linear).</remarks>
public sealed record StructuredInference : RecurrentInference
{
    /// <summary>Whether the network gives a correction to the prior's mean rather than the mean itself: μ = μ_prior + linear(ĥ).
    /// Default false.</summary>
    public bool AddsPriorMean { get; init; }

    /// <summary>Whether z_0 is learned; else it is 0. Default true.</summary>
    public bool LearnInitialLatent { get; init; } = true;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new StructuredInferenceModule(this, model.LatentSize, model.ObservationSize, readsMask, initializer);
}

internal sealed class StructuredInferenceModule : InferenceModule
{
    private readonly ModuleList<RnnEncoder> encoders;
    private readonly Affine combiner;
    private readonly GaussianHead head;
    private readonly Parameter initialLatent;
    private readonly bool _addsPriorMean;
    private readonly bool _usesFuture;
    private readonly double _inputDropout;

    public StructuredInferenceModule(StructuredInference options, int latentSize, int observationSize, bool readsMask,
        Initializer initializer) : base(nameof(StructuredInference), readsMask)
    {
        encoders = new(options.Encoders(observationSize, readsMask, initializer));
        combiner = new Affine(latentSize, options.HiddenSize, initializer);
        head = new GaussianHead(options.HiddenSize, latentSize, initializer, options.Variance);
        initialLatent = initializer.Constant(latentSize);
        initialLatent.requires_grad = options.LearnInitialLatent;
        _addsPriorMean = options.AddsPriorMean;
        _usesFuture = options.UsesFuture;
        _inputDropout = options.InputDropout;
        RegisterComponents();
    }

    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var inputs = Inputs(batch, _inputDropout, dropoutNoise);
        // The directions are summed and weighed once for all steps: ĥ = weight · tanh(·) + state.
        var state = encoders[0].Encode(inputs, batch, dropoutNoise);
        foreach (var encoder in encoders.Skip(1))
            state = state + encoder.Encode(inputs, batch, dropoutNoise);
        return new Encoding(batch, (state * Weight).MoveToOuterDisposeScope());
    }

    internal override bool EncodesWindows => true;

    internal override Tensor[]? FreeOf(Encoding encoding) => encoding.States;

    public override bool ReadsByStep => !_usesFuture;

    internal override bool EncodesApart => !_usesFuture;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried)
    {
        if (_usesFuture)
            return base.Read(batch, rows, carried);
        using var scope = NewDisposeScope();
        var (state, left) = encoders[0].EncodeStep(Inputs(batch, rows), carried);
        return new StepReading([(state * Weight).MoveToOuterDisposeScope()], [.. left.Select(part => part.MoveToOuterDisposeScope())]);
    }

    public override bool ReadsPrior => _addsPriorMean;

    internal override PathDraw? DrawPath(Encoding encoding, Tensor? start, NoiseSource noise)
    {
        if (_addsPriorMean || noise.Particles != 0)
            return null;
        using var scope = NewDisposeScope();
        var batch = encoding.Batch;
        var tape = new ScanTape(batch, 1);
        TapeValue fromLatent = tape.Value(combiner.Bias.shape[0]), latent = tape.Value(initialLatent.shape[0]), normal = tape.Value(latent.Size);
        int size = (int)latent.Size;
        normal.All.copy_(noise.NormalOfPath(batch.PackedSteps, size) ?? cat([.. batch.Active.Select(rows => noise.Normal(rows, size))], 0));
        fromLatent.StartFrom(tape.Input(combiner.Bias));
        Affine.AddProducts(tape, [new TapeCarry(tape, latent, tape.Input(start ?? initialLatent.unsqueeze(0)))], combiner.Weight, fromLatent);
        tape.Activate(fromLatent, Activation.Tanh);
        var draw = new TapeDraw(LayHead(tape, fromLatent, encoding.States[0]), normal, latent);
        draw.LayOn(tape);
        tape.Forward();
        var results = tape.Connect(draw.Of.Raw, latent);
        var posterior = head.Variance.GaussianOf(results[0]);
        return new PathDraw(results[1].MoveToOuterDisposeScope(),
            new DiagonalGaussian(posterior.Mean.MoveToOuterDisposeScope(), posterior.Variance.MoveToOuterDisposeScope()));
    }

    // The head of weight · source + states. Where calls are dear it is linear: what it makes of the states is one product for all steps.
    private TapeGaussian LayHead(ScanTape tape, TapeValue source, Tensor states)
    {
        if (!tape.InMemory)
            return head.Lay(tape, source, Weight, states);
        var hidden = tape.Value(source.Size);
        hidden.StartFromRows(tape.Input(states));
        tape.AddMultiple(source, hidden, Weight);
        return head.Lay(tape, [hidden]);
    }

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var posterior = Posterior(query.Encoding.Of(query.Rows), query.Past.Latent ?? initialLatent.unsqueeze(0));
        return _addsPriorMean ? posterior with { Mean = query.Prior!.Moments!.Value.Mean + posterior.Mean } : posterior;
    }

    private DiagonalGaussian Posterior(Tensor states, Tensor latent)
    {
        if (latent.dim() != 3 || !Affine.ByLanes(latent))
            return head.call(combiner.Activated(latent, Activation.Tanh) * Weight + states);
        using var scope = NewDisposeScope();
        var program = new LaneProgram(latent, out var previous);
        var posterior = head.Lay(program, program.AddTanh(states, Weight, combiner.Lay(program, previous)));
        program.Run();
        return new(posterior.Mean.MoveToOuterDisposeScope(), posterior.Variance.MoveToOuterDisposeScope());
    }

    private double Weight => 1.0 / (1 + encoders.Count);
}
