using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>ELBO and IWAE of some sequences by one group of samples, through their windows; call without gradients.</summary>
/// <remarks>Sums over steps are taken in float64, IWAE's weights from window to window.</remarks>
internal sealed class ImportanceEvaluation : IDisposable
{
    private readonly WindowedParticles _loop;
    private readonly NoiseSource _noise;
    private readonly Tensor _elbo;
    private readonly Tensor _evidence;
    // W up to the window, [row, particle], of the rows that it has.
    private Tensor _weights;

    /// <param name="networks">The model.</param>
    /// <param name="noise">The group's draws, disposed with this.</param>
    /// <param name="rows">The sequences.</param>
    /// <param name="device">Where they are.</param>
    /// <param name="energy">Takes free energies; null: nobody does.</param>
    public ImportanceEvaluation(StateSpaceNetworks networks, NoiseSource noise, int rows, Device device, FreeEnergySums? energy)
    {
        _noise = noise;
        _loop = new WindowedParticles(networks, noise, ResamplingCriterion.Never) { FreeEnergy = energy is null ? null : energy.Add };
        _elbo = zeros([rows], ScalarType.Float64, device).DetachFromDisposeScope();
        _evidence = zeros([rows], ScalarType.Float64, device).DetachFromDisposeScope();
        _weights = zeros([rows, noise.Particles], ScalarType.Float64, device).DetachFromDisposeScope();
    }

    /// <summary>The samples.</summary>
    public int Particles => _noise.Particles;

    /// <summary>Goes through the next window.</summary>
    /// <param name="batch">The window.</param>
    /// <param name="encoding">What the inference network read of it.</param>
    /// <param name="goingOn">Rows that go on after it.</param>
    public void Run(SequenceBatch batch, Encoding encoding, int goingOn)
    {
        using var scope = NewDisposeScope();
        _loop.Run(batch, encoding, goingOn, step =>
        {
            int rows = batch.Active[step.Time], continuing = step.Time + 1 < batch.Steps ? batch.Active[step.Time + 1] : goingOn;
            AddToElbo(step, rows);
            if (continuing < rows)
                End(step.LogWeights, continuing, rows);
            if (step.Time + 1 == batch.Steps)
                GoOn(step.LogWeights, continuing);
        });
    }

    /// <summary>The ELBO of every row, in nats.</summary>
    public double[] Elbo() => _elbo.cpu().data<double>().ToArray();

    /// <summary>log (1/N) Σ p(x, z) / q(z | x) of every row, in nats.</summary>
    public double[] Evidence() => _evidence.cpu().data<double>().ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Dispose();
        _noise.Dispose();
        _elbo.Dispose();
        _evidence.Dispose();
        _weights.Dispose();
    }

    private void AddToElbo(ParticleStep step, int rows)
    {
        var kl = step.Posterior.Kl(step.Prior) ?? step.Draw.LogProbability - step.Prior.LogProbability(step.Draw.Latent);
        var term = step.LogLikelihood.mean([0]) - (kl.dim() == 1 ? kl : kl.mean([0]));
        _elbo.narrow(0, 0, rows).add_(term.to(ScalarType.Float64));
    }

    private void End(Tensor weights, int continuing, int rows)
    {
        int ending = rows - continuing;
        var total = _weights.narrow(0, continuing, ending) + weights.narrow(0, continuing, ending);
        _evidence.narrow(0, continuing, ending).copy_(total.logsumexp(-1) - Math.Log(Particles));
    }

    private void GoOn(Tensor weights, int continuing)
    {
        using var before = _weights;
        _weights = (before.narrow(0, 0, continuing) + weights.narrow(0, 0, continuing)).DetachFromDisposeScope();
    }
}
