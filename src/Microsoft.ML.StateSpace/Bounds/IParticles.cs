using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Where the particles of a loop come from.</summary>
internal interface IParticles
{
    /// <summary>Whether <see cref="LogEvidence"/> gives log Ẑ; else the loop's weights do.</summary>
    bool GivesEvidence { get; }

    /// <summary>Once every step is drawn: log Ẑ of each sequence in nats, [batch].</summary>
    Tensor LogEvidence();

    /// <summary>The model's state after the last step drawn.</summary>
    ModelState State { get; }

    /// <summary>Draws and weighs a step; steps are drawn in order, from 0.</summary>
    ParticleDraw Draw(int step);

    /// <summary>Goes on from the offspring of the rows that run on after a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="offspring">Of the rows that go on.</param>
    /// <param name="fires">Those that resampled, [row].</param>
    void Select(int step, Offspring offspring, Tensor fires);

    /// <summary>Hands what outlives a step to another dispose scope.</summary>
    void MoveTo(DisposeScope scope);
}

/// <summary>A step of a particle loop as it was drawn.</summary>
internal abstract class ParticleDraw
{
    /// <summary>M_t log p(x_t | z_t), [row, particle].</summary>
    public abstract Tensor Fit { get; }

    /// <summary>log p(z_t | past) − log q(z_t | ·), [row, particle].</summary>
    public abstract Tensor Gain { get; }

    /// <summary>What the log-weights grow by, [row, particle].</summary>
    /// <param name="klWeight">What <see cref="Gain"/> counts.</param>
    public abstract Tensor Increments(double klWeight);

    /// <summary>The step as an observer sees it.</summary>
    /// <param name="state">The model's state after it.</param>
    /// <param name="logWeights">W after it, [row, particle].</param>
    /// <param name="before">W before it; null at the first step.</param>
    public virtual ParticleStep Step(ModelState state, Tensor logWeights, Tensor? before) =>
        throw new NotSupportedException("Nobody observes these steps.");
}
