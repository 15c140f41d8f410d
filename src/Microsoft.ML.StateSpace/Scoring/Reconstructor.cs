using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>How a sequence looks through its latents, T·D numbers each, in the data's units; NaN beyond the length.</summary>
/// <param name="Mean">E[x′_t | x_1 … x_T]</param>
/// <param name="Lower">A quantile of x′_t.</param>
/// <param name="Upper">Another.</param>
internal sealed record Reconstruction(float[] Mean, float[] Lower, float[] Upper);

/// <summary>The posterior predictive of sequences that are known: x′_t ~ p(x_t | z_t, past) with z ~ q(z | x_1 … x_T). What the model feeds
/// back is what was observed.</summary>
/// <param name="networks">The model.</param>
/// <param name="samples">Sample paths of the inference network, each with a draw of every x′_t.</param>
/// <param name="seed">Of the draws, with each row's own key.</param>
/// <param name="device">Where it runs.</param>
internal sealed class Reconstructor(StateSpaceNetworks networks, int samples, int seed, Device device)
{
    // Streams of their own: what is drawn here shifts no other draw.
    private const int PathStream = 0x5BE0CD19, DrawStream = 0x1F83D9AB;

    /// <summary>Reconstructions of each sequence, in order.</summary>
    /// <param name="sequences">In the data's units.</param>
    /// <param name="lower">Probability of the lower quantile.</param>
    /// <param name="upper">Probability of the upper quantile.</param>
    public Reconstruction[] Run(IReadOnlyList<Sequence> sequences, double lower, double upper)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Sequence[] rows = [.. sequences.Select(s => s.Scaled(networks.Scaling))];
        using var batch = SequenceBatch.Create(rows, device);
        using var noise = new RowNoise(seed ^ PathStream, batch.NoiseKeys, samples, device);
        using var drawn = new RowNoise(seed ^ DrawStream, batch.NoiseKeys, samples, device);
        var scan = new PosteriorScan(networks.Generative, networks.Inference, networks.Inference.Encode(batch, null), noise);
        var parts = Enumerable.Range(0, 3).Select(_ => new Tensor[batch.Steps]).ToArray();
        for (int t = 0; t < batch.Steps; t++)
        {
            using var step = NewDisposeScope();
            var (mean, draws) = Emit(scan.Draw(t, withPrior: false), batch.Active[t], drawn);
            var (sorted, _) = draws.sort(0);
            parts[0][t] = mean.KeepIn(scope);
            parts[1][t] = Forecaster.Quantile(sorted, lower).KeepIn(scope);
            parts[2][t] = Forecaster.Quantile(sorted, upper).KeepIn(scope);
            scan.MoveStateTo(scope);
        }
        int[] steps = [.. sequences.Select(s => s.Steps)];
        float[][][] found = [.. parts.Select(part => Trajectory.Unpack(cat(part, 0), batch, steps, float.NaN))];
        for (int i = 0; networks.Scaling is { } scaling && i < rows.Length; i++)
        {
            float[] controls = scaling.Regression is null ? [] : new Future(rows[i].Inputs, 0).ControlsUntil(rows[i].Steps);
            foreach (float[][] part in found)
                scaling.Restore(part[i], controls);
        }
        return [.. sequences.Select((_, i) => new Reconstruction(found[0][i], found[1][i], found[2][i]))];
    }

    // E[x′_t] and a draw of it for every path.
    private (Tensor Mean, Tensor Draws) Emit(ScanStep step, int rows, NoiseSource noise)
    {
        var model = networks.Generative;
        var input = model.EmissionInput(step.Draw.Latent, step.Past);
        var uniform = noise.UniformOfParticles(rows, model.Emission.UniformsPerStep(model.ObservationSize));
        var draws = model.Emission.Sample(input, uniform.to(input.dtype));
        return ((model.Emission.HasMean ? model.Emission.Mean(input) : draws).mean([0]), draws);
    }
}
