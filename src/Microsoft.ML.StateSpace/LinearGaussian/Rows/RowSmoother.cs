using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>The smoother of <see cref="RtsSmoother"/> after a <see cref="RowFilter"/>, likewise in plain float64.</summary>
internal sealed class RowSmoother
{
    private readonly RowStates _filter;
    private readonly int _latent;
    private readonly SmoothingRecursion _covariances;
    private readonly int[] _places, _lagOne;
    private readonly double[] _error;
    private readonly RowWork _work;

    private RowSmoother(RowStates filter)
    {
        _filter = filter;
        _latent = (int)filter.FilteredMeans.shape[1];
        _covariances = new(_latent, filter);
        _places = new int[filter.Batch.PackedSteps];
        _lagOne = new int[filter.Batch.AfterFirst.Count];
        _error = new double[_latent];
        _work = new(_latent, 0);
    }

    /// <summary>Smooths what a filter found.</summary>
    /// <exception cref="ArithmeticException">A predicted covariance is not positive definite; the message names the step.</exception>
    public static SmoothedStates Run(RowStates filter)
    {
        using var scope = NewDisposeScope();
        var smoother = new RowSmoother(filter);
        var smoothed = empty_like(filter.FilteredMeans);
        var means = Dense.Numbers(smoothed);
        var filtered = Dense.Numbers(filter.FilteredMeans);
        var predicted = Dense.Numbers(filter.PredictedMeans);
        for (int t = filter.Batch.Steps - 1; t >= 0; t--)
            smoother.Step(t, means, filtered, predicted);
        var path = new PackedGaussians(smoothed.to(filter.Batch.Type).MoveToOuterDisposeScope(),
            filter.Matrices(smoother._covariances.Smoothed, smoother._places));
        return new(new(path), new PackedMatrices(smoother._covariances.LagOne, smoother._lagOne, smoother._latent,
            filter.Batch.Active.AsSpan(1), filter.Batch.Type));
    }

    private void Step(int t, Span<double> smoothed, ReadOnlySpan<double> filtered, ReadOnlySpan<double> predicted)
    {
        var batch = _filter.Batch;
        int start = (int)batch.Offsets[t], next = (int)batch.Offsets[t + 1], going = t + 1 < batch.Steps ? batch.Active[t + 1] : 0;
        for (int row = 0; row < going; row++)
        {
            var (place, later) = (start + row, next + row);
            var gain = _covariances.Gain(_filter.Filtered[place], _filter.Transition[later], _filter.Predicted[later], t);
            Move(gain, filtered.Slice(place * _latent, _latent), smoothed.Slice(later * _latent, _latent),
                predicted.Slice(later * _latent, _latent), smoothed.Slice(place * _latent, _latent));
            (_places[place], _lagOne[later - batch.Count]) = _covariances.Smooth(gain, _places[later]);
        }
        for (int place = start + going; place < next; place++)
            _places[place] = _covariances.End(_filter.Filtered[place]);
        filtered[((start + going) * _latent)..(next * _latent)].CopyTo(smoothed[((start + going) * _latent)..]);
    }

    private void Move(SmootherGain gain, ReadOnlySpan<double> filtered, ReadOnlySpan<double> later, ReadOnlySpan<double> predicted, Span<double> smoothed)
    {
        for (int i = 0; i < _latent; i++)
            _error[i] = later[i] - predicted[i];
        _work.Begin(filtered);
        gain.Columns.AddProduct(_error, _work.State);
        _work.End(smoothed);
    }
}
