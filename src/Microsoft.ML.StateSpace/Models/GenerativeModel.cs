using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Sizes that the data decide.</summary>
/// <param name="ObservationSize">D, the numbers of one observation.</param>
/// <param name="ControlSize">U, the controls of one step, static covariates included.</param>
/// <param name="HasTimes">Whether the steps have times.</param>
/// <param name="StaticSize">S, the static covariates: the last of the controls of every step.</param>
public sealed record DataShape(int ObservationSize, int ControlSize = 0, bool HasTimes = false, int StaticSize = 0);

/// <summary>Describes a generative model p(x, z); the same JSON is a config file's and a saved model's.</summary>
public abstract record GenerativeModel
{
    /// <summary>Z, the size of the latent state. Default 16.</summary>
    public int LatentSize { get; init; } = 16;

    /// <summary>Makes the model's networks.</summary>
    public abstract GenerativeModule Create(DataShape data, Initializer initializer);

    /// <summary>Whether controls change anything in the model.</summary>
    public virtual bool ReadsControls => false;

    /// <summary>Whether times change anything in the model.</summary>
    public virtual bool ReadsTimes => false;

    /// <summary>Whether the model carries a deterministic path h_t, which a proposal can read.</summary>
    public virtual bool HasPath => false;

    /// <summary>Whether every distribution of the model is Gaussian and linear in z, so that inference can be exact.</summary>
    public virtual bool IsLinearGaussian => false;

    /// <summary>Whether z_t depends on z_{t−1} alone and x_t on z_t alone, both Gaussian with independent components: what an
    /// unscented filter needs.</summary>
    public virtual bool IsGaussianMarkov => false;

    /// <summary>Whether E[x_t | z_t, past] has a closed form.</summary>
    public virtual bool HasObservationMean => true;

    /// <summary>Whether x_t is real numbers whose unit does not matter to the networks, so that the trainer may standardise them.</summary>
    public virtual bool IsRealValued => false;

    /// <summary>Whether the options say something in the data's units: then the trainer leaves observations, controls and times as they
    /// are, unless told otherwise.</summary>
    public virtual bool IsInDataUnits => false;

    /// <summary>What is wrong with an observed value, or null: says it and what to do.</summary>
    public virtual string? FaultOf(float value) => null;

    /// <summary>What keeps the model from data of a shape, each a sentence.</summary>
    public virtual IEnumerable<string> FaultsWith(DataShape data) => FaultsWithInputs(data);

    /// <summary>What keeps the model from the controls and times of some data, each a sentence.</summary>
    internal IEnumerable<string> FaultsWithInputs(DataShape data)
    {
        if (ReadsControls && data.ControlSize == 0)
            yield return "Generative reads controls; set ControlColumnName or StaticColumnName.";
        if (ReadsTimes && !data.HasTimes)
            yield return "Generative reads the time gap; set TimeColumnName.";
    }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (LatentSize < 1)
            yield return $"LatentSize is {LatentSize}; it must be at least 1.";
    }
}

/// <summary>A generative model's networks: initial distribution, transition, emission and the deterministic path. Sampling,
/// likelihoods and forecasts follow from them.</summary>
public abstract class GenerativeModule : nn.Module
{
    /// <summary>For the deriving class.</summary>
    protected GenerativeModule(string name, int latentSize, DataShape data) : base(name) => (LatentSize, Data) = (latentSize, data);

    /// <summary>Z, the size of the latent state.</summary>
    public int LatentSize { get; }

    /// <summary>Sizes that the data decide.</summary>
    public DataShape Data { get; }

    /// <summary>D, the numbers of one observation.</summary>
    public int ObservationSize => Data.ObservationSize;

    /// <summary>Whether step t depends on x_{t−1}; a missing one is the particle's own sample of it.</summary>
    public virtual bool ReadsObservations => false;

    /// <summary>F, the numbers that <see cref="Features"/> gives. Default Z.</summary>
    public virtual int FeatureSize => LatentSize;

    /// <summary>Moves the deterministic path on: what step t of some rows is conditioned on, before z_t is drawn.</summary>
    /// <param name="previous">The state one step before each row; null at the first step.</param>
    /// <param name="inputs">What is known of the rows' step.</param>
    /// <param name="rows">The number of rows.</param>
    public virtual Past Enter(ModelState? previous, StepInputs inputs, long rows) =>
        new(previous?.Latent, previous?.Observation, [], inputs);

    /// <summary>What of the deterministic path the data alone decide, for all steps at once: packed tensors [S, ·], of which
    /// <see cref="Enter(ModelState?, StepInputs, long, IReadOnlyList{Tensor})"/> is given a step's rows. Null where there is none.</summary>
    /// <param name="batch">The data; what is missing is taken for the training mean.</param>
    public virtual IReadOnlyList<Tensor>? EncodePath(SequenceBatch batch) => null;

    /// <summary>As <see cref="Enter(ModelState?, StepInputs, long)"/>, with the rows' part of <see cref="EncodePath"/>.</summary>
    /// <param name="previous">The state one step before each row; null at the first step.</param>
    /// <param name="inputs">What is known of the rows' step.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="known">Each [row, ·].</param>
    public virtual Past Enter(ModelState? previous, StepInputs inputs, long rows, IReadOnlyList<Tensor> known) => Enter(previous, inputs, rows);

    /// <summary>Whether <see cref="Lay"/> can be asked. Default false.</summary>
    internal virtual bool HasTape => false;

    /// <summary>Lays the path, the prior and the draw on a tape: what <see cref="Enter(ModelState?, StepInputs, long, IReadOnlyList{Tensor})"/>,
    /// <see cref="Prior"/> and <see cref="EmissionInput"/> give step by step.</summary>
    /// <param name="tape">The tape; its sequences begin.</param>
    /// <param name="batch">The rows, with nothing missing.</param>
    /// <param name="known">What <see cref="EncodePath"/> gave.</param>
    /// <param name="propose">Lays a posterior, given what else is laid.</param>
    internal virtual TapedModel Lay(ScanTape tape, SequenceBatch batch, IReadOnlyList<Tensor> known, Func<TapedPast, TapeGaussian> propose) =>
        throw new NotSupportedException($"{GetName()} has no tape.");

    /// <summary>Lays <see cref="EmissionInput"/> for any z; where <see cref="HasTape"/>.</summary>
    internal virtual TapedEmissionInput LayEmissionInput(StepTape tape) => throw new NotSupportedException($"{GetName()} has no tape.");

    /// <summary>Whether the path is all in <see cref="EncodePath"/>, its first tensor being h_t, [S, <see cref="PathSize"/>].</summary>
    public virtual bool PathNeedsOnlyData => false;

    /// <summary>H, the size of h_t; 0 where the model has no path.</summary>
    public virtual int PathSize => 0;

    /// <summary>p(z_t | past) of any rows: those of one step, or of many whose past is known.</summary>
    /// <param name="past">What the rows are conditioned on; its latent is null at the first step.</param>
    /// <param name="rows">The number of rows: the shape of the first step's prior is [rows, Z].</param>
    public abstract LatentDistribution Prior(Past past, long rows);

    /// <summary>What the emission reads: z_t and whatever else the model conditions on, [.., row, E]. Must not read the past's latent.</summary>
    public virtual Tensor EmissionInput(Tensor latent, Past past) => latent;

    /// <summary>p(x_t | z_t, past), given <see cref="EmissionInput"/>.</summary>
    public abstract EmissionModule Emission { get; }

    /// <summary>The state after step t.</summary>
    /// <param name="past">What the step was conditioned on.</param>
    /// <param name="latent">z_t, [.., row, Z].</param>
    /// <param name="observation">x_t where observed, else the particle's own sample, [.., row, D]; null unless <see cref="ReadsObservations"/>.</param>
    public virtual ModelState Advance(Past past, Tensor latent, Tensor? observation) => new(latent, observation, past.Path);

    /// <summary>What the model tells a proposal of the past, [.., row, F]: z_{t−1}, or the path. Null where there is no past.</summary>
    public virtual Tensor? Features(Past past) => past.Latent;

    /// <summary>What the model tells a proposal of x_t, [.., row, ·]. Default: x_t itself.</summary>
    /// <param name="observations">0 where missing, [.., row, D].</param>
    /// <param name="observed">1 where observed, [.., row, D]; null when everything is.</param>
    public virtual Tensor ObservationFeatures(Tensor observations, Tensor? observed) => observations;

    /// <summary>The numbers that <see cref="ObservationFeatures"/> gives. Default D.</summary>
    public virtual int ObservationFeatureSize => ObservationSize;

    /// <summary>Sets what the untrained model takes from the training data: by default the emission's output bias.</summary>
    public virtual void StartAt(ObservationStatistics statistics) => Emission.StartAt(statistics);

    /// <summary>log p(x_t | z_t, past) of the observed dimensions, in nats.</summary>
    public Tensor LogLikelihood(Tensor latent, Past past, Tensor observation, Tensor? observed) =>
        Emission.LogLikelihood(EmissionInput(latent, past), observation, observed);
}
