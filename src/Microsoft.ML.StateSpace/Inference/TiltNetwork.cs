using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>What a tilt learns from.</summary>
public enum TiltLearning
{
    /// <summary>The bound's own gradient (FIVO-AUX; SIXO-u, Lawson et al. 2022).</summary>
    Bound,
    /// <summary>The squared Bellman error of log r between neighbouring steps, the bound's gradient cut (FIVO-AUX-TD; twisted
    /// variational SMC, Lawson et al. 2018).</summary>
    TemporalDifferences,
}

/// <summary>Describes a tilt r_t(z_t, x_{t+1} … x_T), which stands for p(x_{t+1} … x_T | z_t) up to a factor of its own at each
/// step: a backward RNN over the observations, and a layer of tanh over it and what the model keeps of the past.</summary>
public sealed record TiltNetwork
{
    /// <summary>The recurrent cell. Default LSTM.</summary>
    public RnnCell Cell { get; init; } = RnnCell.Lstm;

    /// <summary>Units of the RNN and of the layer above it. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>What it learns from. Default the bound.</summary>
    public TiltLearning LearnsFrom { get; init; }

    /// <summary>Makes the networks: at first r_t = 1, which tilts nothing.</summary>
    /// <param name="model">p(x, z): its sizes, and what it tells of the past. Not taken over.</param>
    /// <param name="readsMask">Whether the mask is a further input.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    public TiltModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new RecurrentTiltModule(this, model, readsMask, initializer);

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
    }
}

/// <summary>A tilt's networks: encodes a batch once, then gives log r step by step.</summary>
public abstract class TiltModule(string name) : nn.Module(name)
{
    /// <summary>Reads the whole batch; at the rows of step t: of steps t … length.</summary>
    /// <param name="batch">The observations.</param>
    /// <param name="dropoutNoise">Draws dropout masks while training.</param>
    public abstract Encoding Encode(SequenceBatch batch, Generator? dropoutNoise);

    /// <summary>log r_t(z_t, x_{t+1} … x_T), [.., row].</summary>
    /// <param name="encoding">What <see cref="Encode"/> gave.</param>
    /// <param name="next">The rows of step t + 1.</param>
    /// <param name="features">What the model tells of the past of step t + 1, [.., row, F].</param>
    public abstract Tensor LogRatio(Encoding encoding, PackedRange next, Tensor features);
}

internal sealed class RecurrentTiltModule : TiltModule
{
    private readonly RnnEncoder encoder;
    private readonly Affine fromFuture;
    private readonly Affine fromPast;
    private readonly Affine head;
    private readonly bool _readsMask;

    public RecurrentTiltModule(TiltNetwork options, GenerativeModule model, bool readsMask, Initializer initializer) : base(nameof(TiltNetwork))
    {
        int size = options.HiddenSize;
        _readsMask = readsMask;
        encoder = new RnnEncoder((readsMask ? 2 : 1) * model.ObservationSize, new RnnSettings(options.Cell, size, 1, 0, 0), backward: true, initializer);
        fromFuture = new Affine(size, size, initializer);
        fromPast = new Affine(model.FeatureSize, size, initializer);
        head = new Affine(size, 1, initializer);
        Initializer.SetConstant(head.Weight);
        RegisterComponents();
    }

    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var inputs = !_readsMask ? batch.Observations : cat([batch.Observations, batch.Observed ?? ones_like(batch.Observations)], -1);
        return new Encoding(batch, fromFuture.call(encoder.Encode(inputs, batch, dropoutNoise)).MoveToOuterDisposeScope());
    }

    public override Tensor LogRatio(Encoding encoding, PackedRange next, Tensor features) =>
        head.call((fromPast.call(features) + next.Of(encoding.States[0])).tanh()).squeeze(-1);
}
