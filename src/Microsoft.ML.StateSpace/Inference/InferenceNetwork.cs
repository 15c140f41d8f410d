using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The steps an inference network reads before it gives q(z_t | ·).</summary>
public enum Direction
{
    /// <summary>x_1 … x_t: what a filter may see.</summary>
    Forward,
    /// <summary>x_t … x_T; with z_{t−1} this is all that the true posterior depends on.</summary>
    Backward,
    /// <summary>x_1 … x_T.</summary>
    Both,
}

/// <summary>Describes an inference network q(z | x).</summary>
public abstract record InferenceNetwork
{
    /// <summary>Makes the networks.</summary>
    /// <param name="model">p(x, z): its sizes, and what it tells a proposal of the past. Not taken over.</param>
    /// <param name="readsMask">Whether the mask is a further input: fixed when the model is made.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    public abstract InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer);

    /// <summary>Whether q(z_t | ·) depends on observations after t, so that it cannot filter.</summary>
    public abstract bool UsesFuture { get; }

    /// <summary>Whether its parameters learn step by step from each step's own free energy, and not from a bound.</summary>
    public virtual bool LearnsItself => false;

    /// <summary>The network's own form that filters, where it needs no training; null: one is fitted. Default null.</summary>
    public virtual InferenceNetwork? FilteringForm => null;

    /// <summary>Whether q(z_t | ·) is a Gaussian. Default true.</summary>
    public virtual bool IsGaussian => true;

    /// <summary>Whether q(z_t | ·) is found from p(z_t | past), so that it holds the prior's evidence already. Default false.</summary>
    public virtual bool BeginsAtPrior => false;

    /// <summary>What keeps this network from inferring under <paramref name="model"/>, each a sentence; legality follows from what
    /// the model declares.</summary>
    public virtual IEnumerable<string> FaultsWith(GenerativeModel model) => [];

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public abstract IEnumerable<string> Validate();
}

/// <summary>What a posterior is asked for: some packed rows, those of one step or of many whose past is known.</summary>
/// <param name="Encoding">What <see cref="InferenceModule.Encode"/> gave.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Past">What the model conditions those rows' steps on.</param>
/// <param name="Prior">p(z_t | past); null unless <see cref="InferenceModule.ReadsPrior"/>.</param>
/// <param name="Noise">For a network that draws while it searches.</param>
public sealed record PosteriorQuery(Encoding Encoding, PackedRange Rows, Past Past, LatentDistribution? Prior, NoiseSource Noise)
{
    /// <summary>Is given the free energy, [.., row] in nats, before the first iteration and after each, where the network iterates.</summary>
    public Action<int, Tensor>? FreeEnergy { get; init; }
}

/// <summary>An inference network: encodes a batch once, then gives the posterior step by step.</summary>
public abstract class InferenceModule(string name, bool readsMask) : nn.Module(name)
{
    /// <summary>Whether the mask is a further input.</summary>
    public bool ReadsMask { get; } = readsMask;

    /// <summary>Reads the whole batch.</summary>
    /// <param name="batch">The observations.</param>
    /// <param name="dropoutNoise">Draws the dropout masks while training.</param>
    public abstract Encoding Encode(SequenceBatch batch, Generator? dropoutNoise);

    /// <summary>Whether <see cref="Read"/> gives step by step what <see cref="Encode"/> gives of whole sequences: what a filter needs that
    /// is given one observation at a time. Default false.</summary>
    public virtual bool ReadsByStep => false;

    /// <summary>Whether on the CPU, in float32 and with rows kept apart (see <see cref="Affine"/>), <see cref="Encode"/> gives every row the
    /// very bits that <see cref="Read"/> gives it step by step, whatever rows stand beside it. Default false: a filter has it read rows one by one.</summary>
    internal virtual bool EncodesApart => false;

    /// <summary>Reads one further step of some rows.</summary>
    /// <param name="batch">The observations.</param>
    /// <param name="rows">Neighbouring rows of one step.</param>
    /// <param name="carried">What those rows' step before left; empty where nothing is kept, and where the rows begin.</param>
    /// <exception cref="NotSupportedException"><see cref="ReadsByStep"/> is false.</exception>
    public virtual StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried) =>
        throw new NotSupportedException($"{GetName()} reads whole sequences; override {nameof(ReadsByStep)} and {nameof(Read)} to have it read step by step.");

    /// <summary>Whether <see cref="Encode"/> gives window by window what it gives of whole sequences, once the recurrent encoders go on from the
    /// neighbouring windows: it reads each step's own data and such encoders alone. Default false.</summary>
    internal virtual bool EncodesWindows => false;

    /// <summary>Whether <see cref="Posterior"/> builds on the prior; when not, a bound may hand over none, and compute the priors
    /// of all steps at once when every z is drawn.</summary>
    public virtual bool ReadsPrior => false;

    /// <summary>Whether <see cref="Posterior"/> takes the prior's numbers alone: a bound then asks for the priors of all steps at once, for gradients, as
    /// where they are not read. Default false.</summary>
    internal virtual bool CutsPrior => false;

    /// <summary>K, the iterations by which the network finds q; 0: it gives q at once.</summary>
    public virtual int Iterations => 0;

    /// <summary>Whether the network's parameters learn inside <see cref="Posterior"/>, step by step, and not from the bound.</summary>
    public virtual bool LearnsItself => false;

    /// <summary>The parameters that a bound's gradient reaches: all, or none of a network that learns by itself.</summary>
    public virtual IEnumerable<Parameter> MovedByBound => LearnsItself ? [] : parameters();

    /// <summary>Lets a network that learns by itself do so in training mode, until the result is disposed.</summary>
    /// <param name="learningRateFactor">The share of its learning rate that the trainer's schedule leaves at the moment.</param>
    public virtual IDisposable? BeginLearning(Func<double> learningRateFactor) => null;

    /// <summary>Draws a path from q at once, where q(z_t | ·) depends on z_{t−1} and the encoding alone and the network has a faster way than
    /// <see cref="Posterior"/> step by step, with the same result; null: it has none.</summary>
    /// <param name="encoding">What <see cref="Encode"/> gave.</param>
    /// <param name="start">z_0 of all rows, [row, Z]; null: the sequences begin.</param>
    /// <param name="noise">Asked for the same numbers in the same order as step by step.</param>
    internal virtual PathDraw? DrawPath(Encoding encoding, Tensor? start, NoiseSource noise) => null;

    /// <summary>What q owes to the observations alone, the encoding, in numbers that may each take any value: for gradient steps on them; null where
    /// there is no such thing. Default null.</summary>
    internal virtual Tensor[]? FreeOf(Encoding encoding) => null;

    /// <summary>The encoding's states that numbers as of <see cref="FreeOf"/> stand for.</summary>
    internal virtual Tensor[] StatesOf(Tensor[] free) => free;

    /// <summary>Whether <see cref="Lay"/> can be asked. Default false.</summary>
    internal virtual bool HasTape => false;

    /// <summary>Lays on a tape what <see cref="Posterior"/> gives step by step.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="encoding">What <see cref="Encode"/> gave.</param>
    /// <param name="past">What the model has laid.</param>
    /// <param name="noise">For a network that draws while it searches.</param>
    internal virtual TapeGaussian Lay(ScanTape tape, Encoding encoding, TapedPast past, NoiseSource noise) =>
        throw new NotSupportedException($"{GetName()} has no tape.");

    /// <summary>q(z_t | past, x).</summary>
    public abstract LatentDistribution Posterior(PosteriorQuery query);

    /// <summary>The encoders' input, [S, D] or, with the mask, [S, 2D].</summary>
    protected Tensor Inputs(SequenceBatch batch) => !ReadsMask ? batch.Observations
        : cat([batch.Observations, batch.Observed ?? ones_like(batch.Observations)], -1);

    /// <summary>As <see cref="Inputs(SequenceBatch)"/>, while training without a share of the observed numbers.</summary>
    internal Tensor Inputs(SequenceBatch batch, double dropped, Generator? noise)
    {
        if (dropped == 0 || !training)
            return Inputs(batch);
        using var scope = NewDisposeScope();
        var shown = rand(batch.Observations.shape, batch.Observations.dtype, batch.Observations.device, generator: noise).ge(dropped);
        var observations = batch.Observations * shown;
        return (!ReadsMask ? observations : cat([observations, batch.Observed is null ? shown.to(observations.dtype) : batch.Observed * shown], -1))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The encoders' input of some rows, [row, D] or, with the mask, [row, 2D].</summary>
    protected Tensor Inputs(SequenceBatch batch, PackedRange rows)
    {
        var observations = rows.Of(batch.Observations);
        return !ReadsMask ? observations : cat([observations, batch.Observed is null ? ones_like(observations) : rows.Of(batch.Observed)], -1);
    }
}

/// <summary>A path z_1 … z_T drawn at once.</summary>
/// <param name="Latent">z, packed, [S, Z].</param>
/// <param name="Posterior">q(z_t | ·) at every step.</param>
internal sealed record PathDraw(Tensor Latent, LatentDistribution Posterior);

/// <summary>One step of some rows as an inference network has read it.</summary>
/// <param name="States">These rows of <see cref="Encoding.States"/>, each [row, ·].</param>
/// <param name="Carried">What the rows' next step goes on from, each [row, ·]; empty: nothing.</param>
public sealed record StepReading(Tensor[] States, Tensor[] Carried);

/// <summary>A batch as an inference network has read it.</summary>
/// <param name="Batch">The layout.</param>
/// <param name="States">One packed tensor [S, ·] per direction.</param>
public sealed record Encoding(SequenceBatch Batch, params Tensor[] States)
{
    private PackedSteps[]? _steps;

    /// <summary>Some rows of a state.</summary>
    /// <param name="rows">The rows of a step, or of many.</param>
    /// <param name="state">Which of <see cref="States"/>.</param>
    public Tensor Of(PackedRange rows, int state = 0) =>
        (_steps ??= [.. States.Select(packed => new PackedSteps(Batch, packed))])[state].Of(rows);

    /// <summary>What <see cref="GenerativeModule.EncodePath"/> gave, where the network read it, so that nobody reads it twice.</summary>
    public IReadOnlyList<Tensor>? Path { get; init; }
}
