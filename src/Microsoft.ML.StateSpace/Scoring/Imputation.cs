using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>E[x_t | x_1 … x_T] where a value is missing, the value itself where it was observed.</summary>
internal static class Imputation
{
    /// <summary>Where z_t given everything is Gaussian; exact where the emission is affine, also with correlated noise: then what a
    /// step did observe tells of the noise of what it did not.</summary>
    /// <param name="emission">p(x_t | z_t) near a state.</param>
    /// <param name="smoothed">p(z_t | x_1 … x_T)</param>
    /// <param name="batch">x</param>
    /// <returns>Packed [S, D].</returns>
    public static Tensor OfGaussians(Linearization emission, GaussianPath smoothed, SequenceBatch batch)
    {
        if (batch.Observed is null)
            return batch.Observations.alias();
        using var scope = NewDisposeScope();
        var steps = new Tensor[batch.Steps];
        for (int t = 0; t < steps.Length; t++)
        {
            using var step = NewDisposeScope();
            var (x, observed) = (batch.Step(t).Of(batch.Observations), batch.Step(t).Of(batch.Observed));
            var given = emission(t, smoothed[t]);
            var expected = given.At(smoothed[t].Mean).Mean;
            var factor = given.Where(observed).Covariance.Cholesky("covariance of the emission", t);
            var noise = CholeskyFactor.Solve(factor, ((x - expected) * observed).unsqueeze(-1)).squeeze(-1) * observed;
            steps[t] = where(observed.ne(0), x, expected + given.Covariance.Apply(noise)).MoveToOuterDisposeScope();
        }
        return cat(steps, 0).MoveToOuterDisposeScope();
    }

    /// <summary>One step, as the mean over sample paths of E[x_t | z_t, past]; where that has no closed form, of draws of x_t. What a
    /// path feeds back for a missing x_t is its own draw.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="drawn">The paths' step.</param>
    /// <param name="state">The paths' state after it.</param>
    /// <param name="batch">x, with something missing.</param>
    /// <param name="step">t</param>
    /// <param name="noise">Draws x_t where the paths have not drawn it already.</param>
    /// <returns>[row, D]</returns>
    public static Tensor OfPaths(GenerativeModule model, ScanStep drawn, ModelState state, SequenceBatch batch, int step, NoiseSource noise)
    {
        using var scope = NewDisposeScope();
        var range = batch.Step(step);
        var expected = model.Emission.HasMean ? model.Emission.Mean(model.EmissionInput(drawn.Draw.Latent, drawn.Past))
            : state.Observation ?? Sample(model, drawn, (int)range.Count, noise);
        return where(range.Of(batch.Observed!).ne(0), range.Of(batch.Observations), expected.dim() == 2 ? expected : RowMoments.Mean(expected))
            .MoveToOuterDisposeScope();
    }

    // A model that feeds nothing back leaves the stream for it unused.
    private static Tensor Sample(GenerativeModule model, ScanStep drawn, int rows, NoiseSource noise)
    {
        var uniform = noise.UniformOfParticles(rows, model.Emission.UniformsPerStep(model.ObservationSize), NoisePurpose.Feedback);
        return model.Emission.Sample(model.EmissionInput(drawn.Draw.Latent, drawn.Past), uniform.to(drawn.Draw.Latent.dtype));
    }
}
