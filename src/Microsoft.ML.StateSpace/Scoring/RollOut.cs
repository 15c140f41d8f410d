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

/// <summary>Steps drawn from a generative model, one after another.</summary>
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

    /// <summary>Moves every row on by means: z_t = E[z_t | past], x_t = E[x_t | z_t, past], which is what the model feeds back too.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="previous">The state before, [row, ·]; null begins.</param>
    /// <param name="inputs">What is known of the step.</param>
    /// <param name="noise">Its particles' average stands for a mean that has no closed form; else nothing is drawn.</param>
    public static RollOutStep MeanStep(GenerativeModule model, ModelState? previous, StepInputs inputs, NoiseSource noise)
    {
        int rows = (int)inputs.Step.shape[0];
        var past = model.Enter(previous, inputs, rows);
        var prior = model.Prior(past, rows);
        var latent = prior.Moments?.Mean ?? prior.Draw(noise.Normal(rows, model.LatentSize)).Latent.mean([0]);
        var input = model.EmissionInput(latent, past);
        var mean = model.Emission.HasMean ? model.Emission.Mean(input) : AverageOfSamples(model, input, noise);
        return new RollOutStep(model.Advance(past, latent, model.ReadsObservations ? mean : null), mean, mean);
    }

    private static Tensor AverageOfSamples(GenerativeModule model, Tensor input, NoiseSource noise)
    {
        int rows = (int)input.shape[0];
        var uniform = noise.UniformOfParticles(rows, model.Emission.UniformsPerStep(model.ObservationSize));
        return model.Emission.Sample(input.expand(uniform.shape[0], -1, -1), uniform).mean([0]);
    }
}
