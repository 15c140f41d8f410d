using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A step drawn from the generative model.</summary>
/// <param name="State">The state after it.</param>
/// <param name="Mean">E[x_t | z_t, past], or the sample where that has no closed form, [particle, row, D].</param>
/// <param name="Sample">x_t, [particle, row, D].</param>
internal sealed record RollOutStep(ModelState State, Tensor Mean, Tensor Sample);

/// <summary>Ancestral sampling from a generative model.</summary>
internal static class RollOut
{
    /// <summary>Draws one step of every particle of every row.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="previous">The state before; null begins.</param>
    /// <param name="inputs">What is known of the step.</param>
    /// <param name="noise">One stream per row.</param>
    public static RollOutStep Step(GenerativeModule model, ModelState? previous, StepInputs inputs, NoiseSource noise)
    {
        int rows = (int)inputs.Step.shape[0];
        var past = model.Enter(previous, inputs, rows);
        var latent = model.Prior(past, rows).Draw(noise.Normal(rows, model.LatentSize)).Latent;
        var input = model.EmissionInput(latent, past);
        var uniform = noise.UniformOfParticles(rows, model.Emission.UniformsPerStep(model.ObservationSize));
        var sample = model.Emission.Sample(input, uniform);
        var mean = model.Emission.HasMean ? model.Emission.Mean(input) : sample;
        return new RollOutStep(model.Advance(past, latent, model.ReadsObservations ? sample : null), mean, sample);
    }
}
