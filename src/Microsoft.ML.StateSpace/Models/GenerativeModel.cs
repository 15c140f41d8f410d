using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Describes a generative model p(x, z); the same JSON is a config file's and a saved model's.</summary>
public abstract record GenerativeModel
{
    /// <summary>Z, the size of the latent state. Default 16.</summary>
    public int LatentSize { get; init; } = 16;

    /// <summary>Makes the model's networks for observations of <paramref name="observationSize"/> numbers per step.</summary>
    public abstract GenerativeModule Create(int observationSize, Initializer initializer);

    /// <summary>What is wrong with an observed value, or null: says it and what to do.</summary>
    public virtual string? FaultOf(float value) => null;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (LatentSize < 1)
            yield return $"LatentSize is {LatentSize}; it must be at least 1.";
    }
}

/// <summary>A generative model's networks: initial distribution, transition and emission. All else follows from them.</summary>
public abstract class GenerativeModule : nn.Module
{
    /// <summary>For the deriving class.</summary>
    protected GenerativeModule(string name, int latentSize, int observationSize) : base(name) =>
        (LatentSize, ObservationSize) = (latentSize, observationSize);

    /// <summary>Z, the size of the latent state.</summary>
    public int LatentSize { get; }

    /// <summary>D, the numbers of one observation.</summary>
    public int ObservationSize { get; }

    /// <summary>p(z_t | past) before x_t is seen, of any rows whose past is known.</summary>
    /// <param name="previous">The state one step before each row, latent [.., row, Z]; null at the first step.</param>
    /// <param name="rows">The number of rows: the shape of the first step's prior is [rows, Z].</param>
    public abstract DiagonalGaussian Prior(ModelState? previous, long rows);

    /// <summary>The state after step t, from the state before it and the step's latent [.., row, Z].</summary>
    public abstract ModelState Advance(ModelState? previous, Tensor latent);

    /// <summary>p(x_t | z_t).</summary>
    public abstract EmissionModule Emission { get; }
}

/// <summary>What a generative model carries from step to step.</summary>
/// <param name="Latent">z_t, [.., row, Z].</param>
public sealed record ModelState(Tensor Latent)
{
    /// <summary>The state of the first <paramref name="count"/> rows: those whose sequence goes on.</summary>
    public ModelState Rows(long count) => Latent.shape[^2] == count ? this : new(Latent.narrow(-2, 0, count));

    /// <summary>Every particle replaced by its ancestor.</summary>
    /// <param name="ancestors">[particle, row], numbers of particles.</param>
    public ModelState Select(Tensor ancestors) =>
        new(Latent.gather(0, ancestors.unsqueeze(-1).expand(-1, -1, Latent.shape[^1])));
}
