using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Fits a <see cref="SeasonalSystem"/> of each size by EM, and keeps what forecasts the validation data best.</summary>
internal sealed class SeasonalFit
{
    private const int RowsPerBatch = 64;

    // Origins in the validation data.
    private const int Looks = 64;

    private readonly LinearGaussianMethod _method;
    private readonly ForecastQuestion _question;
    private readonly SequenceScaling _scaling;
    private readonly CancellationToken _cancellation;
    private readonly double[] _frequencies;
    private readonly Sequence _longest;
    private readonly List<Sequence> _windows;
    private readonly List<(Sequence Context, float[] Truth)> _looks;

    public SeasonalFit(LinearGaussianMethod method, ForecastQuestion question, SequenceScaling scaling, ForecastTraining training, CancellationToken cancellation)
    {
        (_method, _question, _scaling, _cancellation) = (method, question, scaling, cancellation);
        _frequencies = SeasonalSystem.FrequenciesOf(method.Seasons, method.Harmonics);
        Sequence[] rows = [.. training.Training.Select(s => s.Scaled(scaling))];
        _longest = rows.MaxBy(s => s.Length)!;
        _windows = [.. rows.SelectMany(s => Windows(s, method.Window)).Where(w => w.ObservedSteps > 0)];
        if (_windows.TrueForAll(w => w.Length < 2))
            throw new InvalidOperationException("The linear-Gaussian baseline needs a training sequence of at least two steps.");
        _looks = [.. training.Validation.Select(s => s.Scaled(scaling)).SelectMany(LooksAt)];
        _looks = [.. Enumerable.Range(0, Math.Min(Looks, _looks.Count)).Select(i => _looks[(int)((long)i * _looks.Count / Math.Min(Looks, _looks.Count))])];
    }

    /// <summary>The forecaster with the best parameters.</summary>
    public IForecaster Run()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Candidate? best = null;
        // With nothing to choose by, the largest size that was asked for.
        int[] sizes = _looks.Count > 0 ? [.. _method.LatentSizes] : [_method.LatentSizes.Max()];
        foreach (int size in sizes)
        {
            var found = Fit(new SeasonalSystem(size, _frequencies));
            if (best is null || found.Score < best.Score)
                best = found;
        }
        return new SeasonalForecaster(best!.System, best.Parameters.Detached(), _question, _scaling, best.Iterations);
    }

    private Candidate Fit(SeasonalSystem system)
    {
        var parameters = SubspaceStart.Of(system, _longest);
        Candidate? best = null;
        int worse = 0;
        for (int done = 1; done <= _method.Iterations && worse < 2; done++)
        {
            _cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var statistics = Statistics(parameters);
            if (done % _method.IterationsPerLook == 0 || done == _method.Iterations)
            {
                var next = system.StartingAnywhere(system.Maximize(parameters, statistics), statistics);
                double score = _looks.Count == 0 ? 0 : Score(system, next);
                worse = best is null || score < best.Score ? 0 : worse + 1;
                if (worse == 0 || _looks.Count == 0)
                    best = new Candidate(system, next.MoveToOuterDisposeScope(), score, done);
            }
            parameters = system.Maximize(parameters, statistics).MoveToOuterDisposeScope();
        }
        return best!;
    }

    private LinearGaussianStatistics Statistics(LinearGaussianParameters parameters)
    {
        LinearGaussianStatistics? sum = null;
        foreach (var rows in _windows.Chunk(RowsPerBatch))
        {
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create(rows, type: ScalarType.Float64);
            var found = LinearGaussianStatistics.Of(parameters, batch, ControlsOf(batch));
            sum = (sum is null ? found : sum + found).MoveToOuterDisposeScope();
        }
        return sum!;
    }

    // Mean CRPS of the exact marginals, in standard deviations of the training data.
    private double Score(SeasonalSystem system, LinearGaussianParameters parameters)
    {
        using var forecaster = new SeasonalForecaster(system, parameters.Detached(), _question, _scaling, 0);
        double sum = 0;
        long count = 0;
        foreach (var rows in _looks.GroupBy(look => look.Truth.Length).SelectMany(same => same.Chunk(RowsPerBatch)))
        {
            using var scope = NewDisposeScope();
            int size = rows[0].Context.ObservationSize;
            var (mean, deviation) = forecaster.Moments([.. rows.Select(r => r.Context)], rows[0].Truth.Length / size);
            for (int i = 0; i < rows.Length; i++)
                for (int cell = 0; cell < rows[i].Truth.Length; cell++)
                    if (!float.IsNaN(rows[i].Truth[cell]))
                        (sum, count) = (sum + Crps.OfGaussian(mean[i][cell], deviation[i][cell], rows[i].Truth[cell]), count + 1);
        }
        return sum / count;
    }

    internal static Tensor? ControlsOf(SequenceBatch batch) =>
        batch.ControlSize == 0 ? null : batch.Inputs(new PackedRange(0, batch.PackedSteps)).Controls;

    // Windows of one length: rows that end together share their covariances. What does not fill a window is left out at the front.
    private static IEnumerable<Sequence> Windows(Sequence sequence, int length)
    {
        int count = (sequence.Length + length - 1) / length, size = sequence.Length / count;
        return Enumerable.Range(0, count).Select(i => sequence.Slice(sequence.Length - (count - i) * size, size));
    }

    // Origins of a validation sequence, the first after two seasons where there is room, at every half horizon.
    private IEnumerable<(Sequence Context, float[] Truth)> LooksAt(Sequence sequence)
    {
        if (sequence.Length < 2)
            yield break;
        int horizon = Math.Min(_question.Horizon, Math.Max(1, sequence.Length / 2)), last = sequence.Length - horizon;
        int first = Math.Clamp(2 * _method.Seasons.DefaultIfEmpty(1).Max(), 1, last);
        float[] values = TrainingValues.Values(sequence);
        for (int origin = first; origin <= last; origin += Math.Max(1, horizon / 2))
        {
            int start = Math.Max(0, origin - _method.Window);
            yield return (sequence.Slice(start, origin - start), values[(origin * sequence.ObservationSize)..((origin + horizon) * sequence.ObservationSize)]);
        }
    }

    private sealed record Candidate(SeasonalSystem System, LinearGaussianParameters Parameters, double Score, int Iterations);
}
