using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>A linear-Gaussian system of one latent number as the library's model, in float64.</summary>
internal sealed class ExactLinearGaussianModel(LinearGaussianSystem system)
    : GenerativeModule("exact", system.LatentSize, new DataShape(system.ObservationSize))
{
    public override EmissionModule Emission { get; } = new LinearEmission(system);

    public override LatentDistribution Prior(Past past, long rows) => past.Latent is null
        ? new DiagonalGaussian(full([rows, 1], system.InitialMean[0], ScalarType.Float64), full([rows, 1], system.InitialCovariance[0, 0], ScalarType.Float64))
        : new DiagonalGaussian(past.Latent * system.Transition[0, 0] + system.TransitionOffset[0],
            full_like(past.Latent, system.TransitionCovariance[0, 0]));

    private sealed class LinearEmission(LinearGaussianSystem system) : EmissionModule("linear")
    {
        protected override Tensor LogDensities(Tensor latent, Tensor observation)
        {
            var mean = Mean(latent);
            var variance = tensor([.. Enumerable.Range(0, system.ObservationSize).Select(d => system.EmissionCovariance[d, d])], ScalarType.Float64);
            return new DiagonalGaussian(mean, variance).LogDensities(observation);
        }

        public override Tensor Mean(Tensor latent) =>
            latent * tensor([.. Enumerable.Range(0, system.ObservationSize).Select(d => system.Emission[d, 0])], ScalarType.Float64)
                + tensor(system.EmissionOffset, ScalarType.Float64);

        public override Tensor Sample(Tensor latent, Tensor uniform) => throw new NotSupportedException();

        public override void StartAt(Tensor mean, Tensor variance) => throw new NotSupportedException();
    }
}

/// <summary>The exact posterior q(z_t | z_{t−1}, x_t … x_T) of every row of a batch, from the Kalman oracle.</summary>
internal sealed class ExactPosterior(Func<int, KalmanResult> ofRow) : InferenceModule("exact", readsMask: false)
{
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch, batch.Observations);

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var (encoding, range, previous) = (query.Encoding, query.Rows, query.Past.Latent);
        int step = Array.IndexOf(encoding.Batch.Offsets, range.Start), rows = (int)range.Count;
        var parts = Enumerable.Range(0, rows).Select(b => StepOf(ofRow(encoding.Batch.Order[b]), step)).ToArray();
        Tensor Column(Func<(double[,] Gain, double[] Offset, double[,] Covariance), double> of) =>
            tensor([.. parts.Select(of)], [rows, 1], ScalarType.Float64);
        var mean = previous is null ? Column(p => p.Offset[0]) : previous * Column(p => p.Gain[0, 0]) + Column(p => p.Offset[0]);
        return new DiagonalGaussian(mean, Column(p => p.Covariance[0, 0]).expand_as(mean));
    }

    private static (double[,] Gain, double[] Offset, double[,] Covariance) StepOf(KalmanResult kalman, int step) =>
        step == 0 ? (new double[1, 1], kalman.SmoothedMeans[0], kalman.SmoothedCovariances[0]) : kalman.PosteriorStep(step);
}
