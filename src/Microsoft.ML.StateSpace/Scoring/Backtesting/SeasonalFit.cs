using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Fits a <see cref="SeasonalSystem"/> of each size by EM, and keeps what forecasts the validation data best.</summary>
internal sealed class SeasonalFit
{
    private const int RowsPerBatch = 64;

    private readonly LinearGaussianMethod _method;
    private readonly ForecastQuestion _question;
    private readonly SequenceScaling _scaling;
    private readonly CancellationToken _cancellation;
    private readonly double[] _frequencies;
    private readonly Sequence _longest;
    private readonly List<Sequence> _windows;
    private readonly ValidationLooks _looks;

    /// <param name="method">Seasons, sizes and iterations.</param>
    /// <param name="question">What will be asked.</param>
    /// <param name="scaling">The units of what follows.</param>
    /// <param name="rows">Training data.</param>
    /// <param name="looks">To choose by; may be empty.</param>
    /// <param name="cancellation">Stops the work between two iterations.</param>
    public SeasonalFit(LinearGaussianMethod method, ForecastQuestion question, SequenceScaling scaling, IReadOnlyList<Sequence> rows, ValidationLooks looks,
        CancellationToken cancellation)
    {
        (_method, _question, _scaling, _looks, _cancellation) = (method, question, scaling, looks, cancellation);
        _frequencies = SeasonalSystem.FrequenciesOf(method.Seasons, method.Harmonics);
        _longest = rows.MaxBy(s => s.Length)!;
        _windows = [.. rows.SelectMany(s => Windows(s, method.Window)).Where(w => w.ObservedSteps > 0)];
    }

    /// <summary>The forecaster with the best parameters.</summary>
    public SeasonalForecaster Run()
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

    private double Score(SeasonalSystem system, LinearGaussianParameters parameters)
    {
        using var forecaster = new SeasonalForecaster(system, parameters.Detached(), _question, _scaling, 0);
        return _looks.Score(forecaster);
    }

    internal static Tensor? ControlsOf(SequenceBatch batch) =>
        batch.ControlSize == 0 ? null : batch.Inputs(new PackedRange(0, batch.PackedSteps)).Controls;

    // Windows of one length: rows that end together share their covariances. What does not fill a window is left out at the front.
    private static IEnumerable<Sequence> Windows(Sequence sequence, int length)
    {
        int count = (sequence.Length + length - 1) / length, size = sequence.Length / count;
        return Enumerable.Range(0, count).Select(i => sequence.Slice(sequence.Length - (count - i) * size, size));
    }

    private sealed record Candidate(SeasonalSystem System, LinearGaussianParameters Parameters, double Score, int Iterations);
}
