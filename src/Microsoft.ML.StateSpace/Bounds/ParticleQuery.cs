using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>What a particle loop is asked for.</summary>
/// <param name="Model">p(x, z)</param>
/// <param name="Inference">The proposal.</param>
/// <param name="Batch">The observations.</param>
/// <param name="Noise">Draws; N ≥ 1 particles.</param>
public sealed record ParticleQuery(GenerativeModule Model, InferenceModule Inference, SequenceBatch Batch, NoiseSource Noise)
{
    /// <summary>When to resample. Default: when the effective sample size is at most half the particles.</summary>
    public ResamplingCriterion Criterion { get; init; } = ResamplingCriterion.EffectiveSampleSize;

    /// <summary>How to resample. Default systematic.</summary>
    public ResamplingScheme Resampling { get; init; } = new SystematicResampling();

    /// <summary>a, what log p(z) − log q(z) is multiplied with. Default 1.</summary>
    public double KlWeight { get; init; } = 1;

    /// <summary>What looks ahead; null: nothing.</summary>
    public TiltModule? Tilt { get; init; }

    /// <summary>What the proposal read, when it was read already.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>Draws dropout masks while training.</summary>
    public Generator? DropoutNoise { get; init; }

    /// <summary>The model's state before the first step, where the batch goes on from an earlier window; null: it begins.</summary>
    public ModelState? Start { get; init; }

    /// <summary>Is given equally weighted particles of the rows that reach the batch's last step, for a window that goes on from there.</summary>
    public Action<ModelState>? End { get; init; }

    /// <summary>Is given step, iteration and free energy [particle, row] in nats, where the inference network iterates.</summary>
    public Action<int, int, Tensor>? FreeEnergy { get; init; }

    /// <summary>Sees every step.</summary>
    public Action<ParticleStep>? Observer { get; init; }

    /// <summary>W of the particles of <see cref="Start"/>, [row, particle]: before the first step they are resampled where the criterion
    /// asks for it, as between two steps of one batch. Null: they weigh the same.</summary>
    internal Tensor? StartWeights { get; init; }

    /// <summary>Whether the terms hold the bound's parts.</summary>
    internal bool TracksParts { get; init; }

    /// <summary>Whether the terms hold what was found at each step.</summary>
    internal bool TracksSteps { get; init; } = true;

    /// <summary>Whether the tilt learns from its Bellman error, cut from the bound's gradient.</summary>
    internal bool TiltLearnsByDifferences { get; init; }

    /// <summary>The score function's baseline; null: no gradient through ancestors.</summary>
    internal ReturnBaseline? Baseline { get; init; }
}

/// <summary>What a particle loop returns; rows and steps in the batch's order, packed (see <see cref="SequenceBatch"/>).</summary>
/// <param name="LogEvidence">log Ẑ of each sequence in nats, [batch].</param>
/// <param name="StepLogLikelihood">log p̂(x_t | x_&lt;t) in nats, [S]; sums to log Ẑ.</param>
/// <param name="EffectiveSampleSize">Effective sample size before resampling, [S].</param>
/// <param name="Resampled">Whether the row resampled after the step, [S] of booleans.</param>
public sealed record ParticleTerms(Tensor LogEvidence, Tensor StepLogLikelihood, Tensor EffectiveSampleSize, Tensor Resampled)
{
    /// <summary>A term of value 0 with the gradients that log Ẑ itself does not carry, [batch]; null: none.</summary>
    internal Tensor? Surrogate { get; init; }

    /// <summary>The reconstruction, and the KL term at weight 1, each [batch]; null unless asked for.</summary>
    internal (Tensor LogLikelihood, Tensor Kl)? Parts { get; init; }
}

/// <summary>A step of a particle loop, after its weights are in and before any resampling.</summary>
/// <param name="Time">t, from 0.</param>
/// <param name="Prior">p(z_t | past), [.., row, Z].</param>
/// <param name="Posterior">The proposal q(z_t | ·), [.., row, Z].</param>
/// <param name="Draw">z_t, [particle, row, Z], of the rows running at t.</param>
/// <param name="State">The model's state after the step, before any resampling; at a row's last step its final state.</param>
/// <param name="LogLikelihood">M_t log p(x_t | z_t), [particle, row].</param>
/// <param name="LogWeights">W, [row, particle], unnormalised.</param>
public sealed record ParticleStep(int Time, LatentDistribution Prior, LatentDistribution Posterior, LatentDraw Draw,
    ModelState State, Tensor LogLikelihood, Tensor LogWeights)
{
    /// <summary>What the step was conditioned on.</summary>
    internal Past? Past { get; init; }

    /// <summary>W before the step, [row, particle]; null at the first step.</summary>
    internal Tensor? LogWeightsBefore { get; init; }
}
