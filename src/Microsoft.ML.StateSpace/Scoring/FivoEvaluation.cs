using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>FIVO of some sequences, through their windows: the inference network itself proposes, as in Maddison et al. 2017, whether or not
/// it sees the future; systematic resampling when the effective sample size is at most half the particles. Call without gradients.</summary>
internal sealed class FivoEvaluation : IDisposable
{
    private readonly WindowedParticles _loop;
    private readonly NoiseSource _noise;
    private readonly Tensor _evidence;
    private readonly FivoTraces? _traces;

    /// <param name="networks">The model, with the tilt that it may have.</param>
    /// <param name="noise">Draws, disposed with this; its particles are all there are: resampling needs them together.</param>
    /// <param name="rows">The sequences.</param>
    /// <param name="device">Where they are.</param>
    /// <param name="traces">Takes what became of the particles; null: nobody does.</param>
    public FivoEvaluation(StateSpaceNetworks networks, NoiseSource noise, int rows, Device device, FivoTraces? traces)
    {
        (_noise, _traces) = (noise, traces);
        _loop = new WindowedParticles(networks, noise, ResamplingCriterion.EffectiveSampleSize) { Tilt = networks.Tilt };
        _evidence = zeros([rows], ScalarType.Float64, device).DetachFromDisposeScope();
    }

    /// <summary>Goes through the next window.</summary>
    /// <param name="batch">The window.</param>
    /// <param name="encoding">What the inference network read of it.</param>
    /// <param name="goingOn">Rows that go on after it.</param>
    public void Run(SequenceBatch batch, Encoding encoding, int goingOn)
    {
        using var scope = NewDisposeScope();
        var weights = new List<Tensor>();
        var terms = _loop.Run(batch, encoding, goingOn, _traces is null ? null : step => weights.Add(step.LogWeights.alias().KeepIn(scope)));
        _evidence.narrow(0, 0, batch.Count).add_(batch.SumBySequence(terms.StepLogLikelihood.to(ScalarType.Float64)));
        _traces?.Add(batch, weights, terms, goingOn);
    }

    /// <summary>log Ẑ of every row, in nats.</summary>
    public double[] Evidence() => _evidence.cpu().data<double>().ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Dispose();
        _noise.Dispose();
        _evidence.Dispose();
    }
}
