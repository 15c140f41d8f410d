using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>An inference network that changes what another one, its base, gives; what it may be combined with is up to the base.</summary>
public abstract record WrappedInference : InferenceNetwork
{
    /// <summary>The network whose q is changed. Default: structured, backward over an LSTM (ST-R).</summary>
    public InferenceNetwork Base { get; init; } = new StructuredInference();

    /// <inheritdoc/>
    public override bool UsesFuture => Base.UsesFuture;

    /// <inheritdoc/>
    public override bool LearnsItself => Base.LearnsItself;

    /// <inheritdoc/>
    public override bool BeginsAtPrior => Base.BeginsAtPrior;

    /// <inheritdoc/>
    public override bool IsGaussian => Base.IsGaussian;

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(GenerativeModel model) => Base.FaultsWith(model);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => Base.Validate().Select(fault => $"Base.{fault}");
}

/// <summary>The networks of a <see cref="WrappedInference"/>: everything but the posterior is the base's.</summary>
internal abstract class WrappedInferenceModule : InferenceModule
{
    /// <summary>The base's networks.</summary>
    private protected readonly InferenceModule inner;

    protected WrappedInferenceModule(string name, InferenceModule inner) : base(name, inner.ReadsMask) => this.inner = inner;

    public override bool ReadsPrior => inner.ReadsPrior;

    public override int Iterations => inner.Iterations;

    public override bool LearnsItself => inner.LearnsItself;

    /// <summary>The base's, and whatever was put on top of it.</summary>
    public override IEnumerable<Parameter> MovedByBound =>
        inner.MovedByBound.Concat(named_children().Where(child => child.name != nameof(inner)).SelectMany(child => child.module.parameters()));

    public override IDisposable? BeginLearning(Func<double> learningRateFactor) => inner.BeginLearning(learningRateFactor);

    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => inner.Encode(batch, dropoutNoise);

    internal override Tensor[]? FreeOf(Encoding encoding) => inner.FreeOf(encoding);

    internal override Tensor[] StatesOf(Tensor[] free) => inner.StatesOf(free);

    internal override bool EncodesWindows => inner.EncodesWindows;

    public override bool ReadsByStep => inner.ReadsByStep;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried) => inner.Read(batch, rows, carried);
}
