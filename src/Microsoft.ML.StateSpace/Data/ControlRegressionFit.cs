using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Fits a <see cref="ControlRegression"/> in one pass: every dimension's own least squares over the steps at which it was observed.</summary>
/// <param name="options">What is regressed on what.</param>
/// <param name="observationSize">D</param>
/// <param name="controlSize">U, the static covariates included.</param>
/// <param name="staticSize">S of them; they come last, after the lagged values.</param>
internal sealed class ControlRegressionFit(ControlRegression options, int observationSize, int controlSize, int staticSize)
{
    private readonly Moments[] _dimensions =
        [.. Enumerable.Range(0, observationSize).Select(d => new Moments(Regressors(options.Lags, observationSize, controlSize, staticSize, d)))];

    /// <summary>Takes a sequence, in the data's units, into account.</summary>
    public void Add(Sequence sequence)
    {
        for (int t = 0; t < sequence.Length; t++)
        {
            var controls = sequence.Inputs.ControlsOf(t);
            for (int d = 0; d < observationSize; d++)
                if (sequence.IsObserved(t, d))
                    _dimensions[d].Add(controls, sequence.Observations[t * observationSize + d]);
        }
    }

    /// <summary>Means and deviations of what is left over, and the weights [D, U] of the standardised controls.</summary>
    /// <param name="controls">The units of the controls.</param>
    public (ColumnScale Observations, IReadOnlyList<IReadOnlyList<double>> Weights) Result(ColumnScale controls)
    {
        var weights = new double[observationSize][];
        var (means, deviations) = (new double[observationSize], new double[observationSize]);
        for (int d = 0; d < observationSize; d++)
        {
            var (regressors, found, mean, deviation) = _dimensions[d].Solve(controls, options.Ridge);
            (means[d], deviations[d], weights[d]) = (mean, deviation, new double[controlSize]);
            for (int i = 0; i < regressors.Count; i++)
                weights[d][regressors[i]] = found[i];
        }
        return (new ColumnScale(means, deviations), weights);
    }

    private static int[] Regressors(int lags, int size, int controls, int statics, int dimension)
    {
        int first = controls - statics - lags * size;
        return [.. Enumerable.Range(0, first), .. Enumerable.Range(0, lags).Select(l => first + l * size + dimension), .. Enumerable.Range(controls - statics, statics)];
    }

    // The pseudo-inverse: of controls that make one another up it takes the smallest weights.
    private static double[] LeastSquares(double[,] gram, double[] cross)
    {
        if (cross.Length == 0)
            return [];
        using var scope = NewDisposeScope();
        var matrix = tensor(gram.Cast<double>().ToArray(), [cross.Length, cross.Length]);
        return linalg.pinv(matrix, hermitian: true).matmul(tensor(cross)).data<double>().ToArray();
    }

    /// <summary>Sums of products around the first row's values, so that large means cancel nothing.</summary>
    private sealed class Moments(int[] regressors)
    {
        // As in the plain fit: around their mean, Singles that differ by less are one number and its rounding.
        private const double LeastRelativeDeviation = 1e-6;

        // [1, u − u_1, x − x_1]
        private readonly double[,] _sums = new double[regressors.Length + 2, regressors.Length + 2];
        private readonly double[] _row = new double[regressors.Length + 2];
        private double[]? _first;

        public void Add(ReadOnlySpan<float> controls, float value)
        {
            int last = regressors.Length + 1;
            _row[0] = 1;
            for (int i = 0; i < regressors.Length; i++)
                _row[i + 1] = controls[regressors[i]];
            _row[last] = value;
            _first ??= [.. _row];
            for (int i = 1; i <= last; i++)
                _row[i] -= _first[i];
            for (int i = 0; i <= last; i++)
                for (int j = 0; j <= i; j++)
                    _sums[i, j] += _row[i] * _row[j];
        }

        public (IReadOnlyList<int> Regressors, double[] Weights, double Mean, double Deviation) Solve(ColumnScale controls, double ridge)
        {
            int size = regressors.Length;
            double count = _sums[0, 0];
            if (_first is null)
                return (regressors, new double[size], 0, 1);
            double Scale(int i) => i < size ? controls.Deviation[regressors[i]] : 1;
            double Mean(int i) => _sums[i + 1, 0] / count;
            double Covariance(int i, int j) => (_sums[Math.Max(i, j) + 1, Math.Min(i, j) + 1] / count - Mean(i) * Mean(j)) / (Scale(i) * Scale(j));
            var (gram, cross) = (new double[size, size], new double[size]);
            for (int i = 0; i < size; i++)
            {
                cross[i] = Covariance(size, i);
                for (int j = 0; j < size; j++)
                    gram[i, j] = Covariance(i, j) + (i == j ? ridge : 0);
            }
            double[] weights = LeastSquares(gram, cross);
            double mean = Mean(size) + _first[size + 1], rest = Covariance(size, size);
            for (int i = 0; i < size; i++)
            {
                mean -= weights[i] * (Mean(i) + _first[i + 1] - controls.Mean[regressors[i]]) / Scale(i);
                rest -= 2 * weights[i] * cross[i];
                for (int j = 0; j < size; j++)
                    rest += weights[i] * weights[j] * (gram[i, j] - (i == j ? ridge : 0));
            }
            double deviation = Math.Sqrt(Math.Max(0, rest));
            return (regressors, weights, mean, deviation > LeastRelativeDeviation * Math.Abs(Mean(size) + _first[size + 1]) ? deviation : 1);
        }
    }
}
