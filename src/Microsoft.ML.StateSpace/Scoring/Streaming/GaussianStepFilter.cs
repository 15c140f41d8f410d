using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>The Kalman filter and the unscented one, one step at a time, in float64; nothing is drawn but a forecast's paths.</summary>
internal sealed class GaussianStepFilter(GaussianScoring scoring, GenerativeModule model, ScoringOptions options, bool tails) : IStepFilter
{
    /// <summary>Whether it is the Kalman filter.</summary>
    public bool IsExact => scoring is ExactScoring;

    public ScalarType Type => scoring.Type;

    public int RowsTogether(bool begins) => 256;

    public IReadOnlyList<StateField> Fields { get; } =
    [
        new("mean", scoring.Type, [model.LatentSize]),
        new("covariance", scoring.Type, [model.LatentSize, model.LatentSize]),
    ];

    public SteppedRows Step(SequenceBatch batch, IReadOnlyList<Tensor>? carried)
    {
        using var scope = NewDisposeScope();
        using var apart = Affine.RowsApart();
        var (_, _, filtered, likelihood, distance) = scoring.Step(carried is null ? null : MomentsOf(carried), batch);
        return new SteppedRows(filtered.Mean, filtered.Variance.sqrt(), likelihood, full_like(likelihood, options.Particles),
            [filtered.Mean.contiguous(), filtered.Covariance.contiguous()])
        {
            TailProbability = !tails ? null : TailProbability.OfGaussian(distance, batch.Observed?.sum(-1) ?? full_like(distance, batch.ObservationSize)),
        }.MoveToOuterDisposeScope();
    }

    public ForecastTensors Forecast(IReadOnlyList<Tensor> carried, FutureQuery query)
    {
        using var scope = NewDisposeScope();
        using var apart = Affine.RowsApart();
        return scoring.Forecast(MomentsOf(carried), query);
    }

    private static GaussianMoments MomentsOf(IReadOnlyList<Tensor> carried) => new(carried[0], carried[1]);
}
