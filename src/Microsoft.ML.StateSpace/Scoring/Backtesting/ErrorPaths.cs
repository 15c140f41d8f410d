using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Paths of errors that a point forecast may make, alike for every origin: they make it a distribution.</summary>
internal sealed class ErrorPaths
{
    private readonly ForecastQuestion _question;
    private readonly float[][] _paths;
    private readonly float[][] _quantiles;

    /// <param name="question">What is asked.</param>
    /// <param name="paths">At least one path of H·D errors.</param>
    public ErrorPaths(ForecastQuestion question, float[][] paths)
    {
        (_question, _paths) = (question, paths);
        int cells = paths[0].Length;
        _quantiles = [.. question.Probabilities.Select(_ => new float[cells])];
        var sorted = new double[paths.Length];
        for (int cell = 0; cell < cells; cell++)
        {
            for (int n = 0; n < sorted.Length; n++)
                sorted[n] = paths[n][cell];
            Array.Sort(sorted);
            for (int q = 0; q < _quantiles.Length; q++)
                _quantiles[q][cell] = (float)SampleQuantile.OfSorted(sorted, question.Probabilities[q]);
        }
    }

    /// <summary>A point forecast with these errors.</summary>
    /// <param name="point">H·D numbers.</param>
    /// <param name="key">The sequence's own, which chooses the paths.</param>
    public ProbabilisticForecast Around(float[] point, ulong key)
    {
        var random = new Random(HashCode(key));
        var drawn = new float[_question.Paths * point.Length];
        for (int n = 0; n < _question.Paths; n++)
            Sum(point, _paths[random.Next(_paths.Length)], drawn.AsSpan(n * point.Length, point.Length));
        return new ProbabilisticForecast(point, [.. _quantiles.Select(q => Shifted(point, q))], drawn);
    }

    private static float[] Shifted(float[] point, float[] error)
    {
        var result = new float[point.Length];
        Sum(point, error, result);
        return result;
    }

    private static void Sum(float[] a, float[] b, Span<float> sum)
    {
        for (int i = 0; i < sum.Length; i++)
            sum[i] = a[i] + b[i];
    }

    private int HashCode(ulong key) => (int)(key ^ (key >> 32)) ^ _question.Seed;
}

/// <summary>The values of training sequences: what a point forecast falls back on, and what errors are told from.</summary>
internal sealed class TrainingValues
{
    public TrainingValues(ForecastTraining training)
    {
        Rows = [.. training.Training.Concat(training.Validation).Select(Values)];
        Size = training.Training[0].ObservationSize;
        Mean = new double[Size];
        for (int d = 0; d < Size; d++)
        {
            int dimension = d;
            var seen = Rows.SelectMany(row => row.Where((v, i) => i % Size == dimension && !float.IsNaN(v)));
            Mean[d] = seen.Select(v => (double)v).DefaultIfEmpty(0).Average();
        }
    }

    /// <summary>D</summary>
    public int Size { get; }

    /// <summary>Of each sequence T·D numbers, NaN where missing.</summary>
    public float[][] Rows { get; }

    /// <summary>Of each dimension; 0 where nothing is observed.</summary>
    public double[] Mean { get; }

    /// <summary>A sequence's numbers inside its length, NaN where missing.</summary>
    public static float[] Values(Sequence sequence)
    {
        float[] values = sequence.Observations[..(sequence.Length * sequence.ObservationSize)].ToArray();
        for (int i = 0; i < values.Length; i++)
            if (!sequence.IsObserved(i / sequence.ObservationSize, i % sequence.ObservationSize))
                values[i] = float.NaN;
        return values;
    }
}
