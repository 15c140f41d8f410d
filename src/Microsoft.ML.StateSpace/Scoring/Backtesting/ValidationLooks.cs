using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Means and deviations of Gaussian forecasts.</summary>
internal interface IGaussianForecaster : IForecaster
{
    /// <summary>Means and deviations of every value, in the parameters' units: H·D numbers for each context.</summary>
    /// <param name="contexts">In the parameters' units.</param>
    /// <param name="horizon">H</param>
    (float[][] Mean, float[][] Deviation) Moments(IReadOnlyList<Sequence> contexts, int horizon);
}

/// <summary>Origins in the validation data, and how good forecasts from them are.</summary>
internal sealed class ValidationLooks
{
    private const int Most = 64;
    private const int RowsPerBatch = 64;

    private readonly List<(Sequence Context, float[] Truth)> _looks;

    /// <param name="validation">Standardised.</param>
    /// <param name="method">Its seasons and window.</param>
    /// <param name="horizon">H</param>
    public ValidationLooks(IEnumerable<Sequence> validation, LinearGaussianMethod method, int horizon)
    {
        _looks = [.. validation.SelectMany(s => LooksAt(s, method, horizon))];
        int count = Math.Min(Most, _looks.Count);
        _looks = [.. Enumerable.Range(0, count).Select(i => _looks[(int)((long)i * _looks.Count / count)])];
    }

    /// <summary>How many there are.</summary>
    public int Count => _looks.Count;

    /// <summary>Mean CRPS of the exact marginals, in standard deviations of the training data.</summary>
    public double Score(IGaussianForecaster forecaster)
    {
        double sum = 0;
        long count = 0;
        foreach (var rows in _looks.GroupBy(look => look.Truth.Length).SelectMany(same => same.Chunk(RowsPerBatch)))
        {
            int size = rows[0].Context.ObservationSize;
            var (mean, deviation) = forecaster.Moments([.. rows.Select(r => r.Context)], rows[0].Truth.Length / size);
            for (int i = 0; i < rows.Length; i++)
                for (int cell = 0; cell < rows[i].Truth.Length; cell++)
                    if (!float.IsNaN(rows[i].Truth[cell]))
                        (sum, count) = (sum + Crps.OfGaussian(mean[i][cell], deviation[i][cell], rows[i].Truth[cell]), count + 1);
        }
        return sum / count;
    }

    // Origins of a validation sequence, the first after two seasons where there is room, at every half horizon.
    private static IEnumerable<(Sequence Context, float[] Truth)> LooksAt(Sequence sequence, LinearGaussianMethod method, int most)
    {
        if (sequence.Length < 2)
            yield break;
        int horizon = Math.Min(most, Math.Max(1, sequence.Length / 2)), last = sequence.Length - horizon;
        int first = Math.Clamp(2 * method.Seasons.DefaultIfEmpty(1).Max(), 1, last);
        float[] values = TrainingValues.Values(sequence);
        for (int origin = first; origin <= last; origin += Math.Max(1, horizon / 2))
        {
            int start = Math.Max(0, origin - method.Window);
            float[] truth = values[(origin * sequence.ObservationSize)..((origin + horizon) * sequence.ObservationSize)];
            if (!Array.TrueForAll(truth, float.IsNaN))
                yield return (sequence.Slice(start, origin - start), truth);
        }
    }
}
