using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Forecasts the last observed value; its paths are random walks whose steps are those of the training data.</summary>
/// <remarks>A step is drawn for all dimensions together. Steps are centred: the walk does not drift, and the point is its mean.</remarks>
public sealed record NaiveMethod : IForecastMethod
{
    // Walks behind the quantiles.
    private const int Walks = 2000;

    /// <inheritdoc/>
    public string Name => "naive";

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A dimension is nowhere observed at two steps in a row.</exception>
    public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
    {
        var values = new TrainingValues(training);
        var steps = StepsOf(values);
        var random = new Random(question.Seed);
        var walks = new float[Math.Max(Walks, question.Paths)][];
        for (int n = 0; n < walks.Length; n++)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] walk = walks[n] = new float[question.Horizon * values.Size];
            for (int i = 0; i < walk.Length; i += values.Size)
            {
                float[] drawn = steps[random.Next(steps.Count)];
                for (int d = 0; d < values.Size; d++)
                    walk[i + d] = (i == 0 ? 0 : walk[i - values.Size + d]) + Known(drawn, d, steps, random);
            }
        }
        return new Forecaster(question, values, new ErrorPaths(question, walks));
    }

    private static List<float[]> StepsOf(TrainingValues values)
    {
        int size = values.Size;
        var steps = new List<float[]>();
        foreach (float[] row in values.Rows)
            for (int i = size; i < row.Length; i += size)
            {
                float[] step = new float[size];
                for (int d = 0; d < size; d++)
                    step[d] = row[i + d] - row[i - size + d];
                if (!Array.TrueForAll(step, float.IsNaN))
                    steps.Add(step);
            }
        for (int d = 0; d < size; d++)
            Centre(steps, d);
        return steps;
    }

    private static void Centre(List<float[]> steps, int dimension)
    {
        var seen = steps.Where(s => !float.IsNaN(s[dimension])).ToList();
        if (seen.Count == 0)
            throw new InvalidOperationException($"The training data never observe dimension {dimension} at two steps in a row; the naive forecast cannot tell its steps.");
        double mean = seen.Average(s => (double)s[dimension]);
        foreach (float[] step in seen)
            step[dimension] -= (float)mean;
    }

    private static float Known(float[] drawn, int dimension, List<float[]> steps, Random random)
    {
        while (float.IsNaN(drawn[dimension]))
            drawn = steps[random.Next(steps.Count)];
        return drawn[dimension];
    }

    private sealed class Forecaster(ForecastQuestion question, TrainingValues training, ErrorPaths errors) : IForecaster
    {
        public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts) =>
            [.. contexts.Select(c => errors.Around(Point(c), c.NoiseKey))];

        public void Dispose()
        {
        }

        private float[] Point(Sequence context)
        {
            var point = new float[question.Horizon * training.Size];
            for (int d = 0; d < training.Size; d++)
            {
                int t = context.Length - 1;
                while (t >= 0 && !context.IsObserved(t, d))
                    t--;
                float last = t < 0 ? (float)training.Mean[d] : context.Observations[t * training.Size + d];
                for (int h = 0; h < question.Horizon; h++)
                    point[h * training.Size + d] = last;
            }
            return point;
        }
    }
}
