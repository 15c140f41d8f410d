using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>This library's Kalman filter and smoother on a batch, several times.</summary>
internal sealed class LibraryKalman(LinearGaussianParameters parameters, SequenceBatch batch, int passes) : IContender
{
    public string Name => "library";

    public ContenderKind Kind => ContenderKind.Library;

    public Round Run() => OwnProcess.Measure(() =>
    {
        double value = Enumerable.Range(0, passes).Sum(_ => Pass());
        return (value / (passes * batch.PackedSteps), passes * batch.PackedSteps);
    });

    public void Dispose()
    {
    }

    private double Pass()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var filtered = KalmanFilter.Run(parameters.System(batch), batch);
        var smoothed = RtsSmoother.Run(filtered);
        // The smoothed means take part in the check: what depends on both is compared.
        return (filtered.LogEvidence.sum() + smoothed.States.Means().square().sum()).item<double>();
    }
}
