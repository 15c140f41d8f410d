using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>
/// The exact filter and smoother of a scalar system by the trapezoidal rule, which for smooth densities that vanish at the
/// edges converges faster than any power of the spacing.
/// </summary>
/// <remarks>
/// The first latent of the nonlinear system is 50 times narrower than the later ones, so that it has a fine grid of its own;
/// the kernel is cut where it falls below e⁻³², and grid points without weight are skipped.
/// </remarks>
internal sealed class GridOracle
{
    private const double Negligible = 1e-16;
    private readonly SyntheticSystem _system;
    private readonly Kernel _first;
    private readonly Kernel _later;

    public GridOracle(SyntheticSystem system, double halfWidth = 120.0, double spacing = 0.25)
    {
        _system = system;
        double initialDeviation = Math.Sqrt(system.InitialVariance);
        double[] fine = Points(9.0 * initialDeviation, Math.Min(spacing, 0.4 * initialDeviation));
        double[] coarse = Points(halfWidth, spacing);
        _first = new Kernel(system, fine, coarse);
        _later = new Kernel(system, coarse, coarse);
    }

    /// <summary>log p(x_t | x_{&lt;t}) and E[z_t | x_{1..T}] of one sequence, <c>[step]</c>.</summary>
    public (double[] LogLikelihoods, double[] FilteredMeans, double[] SmoothedMeans) Run(ReadOnlySpan<double> observations)
    {
        int steps = observations.Length;
        var filtered = new double[steps][];
        var logLikelihoods = new double[steps];
        for (int t = 0; t < steps; t++)
        {
            Kernel into = t == 1 ? _first : _later;
            double[] predicted = t == 0 ? Initial() : into.Forward(filtered[t - 1]);
            filtered[t] = predicted;
            logLikelihoods[t] = Absorb(predicted, t == 0 ? _first.From : _later.From, observations[t]);
        }

        return (logLikelihoods, [.. filtered.Select((p, t) => Mean(p, t))], Smooth(filtered));
    }

    private double[] Smooth(double[][] filtered)
    {
        var means = new double[filtered.Length];
        double[] smoothed = filtered[^1];
        means[^1] = Mean(smoothed, filtered.Length - 1);
        for (int t = filtered.Length - 2; t >= 0; t--)
        {
            Kernel outOf = t == 0 ? _first : _later;
            smoothed = outOf.Backward(filtered[t], smoothed);
            means[t] = Mean(smoothed, t);
        }

        return means;
    }

    private double Mean(double[] probabilities, int step)
    {
        double[] points = step == 0 ? _first.From : _later.From;
        return probabilities.Select((p, i) => p * points[i]).Sum();
    }

    private double[] Initial()
    {
        double[] points = _first.From;
        double spacing = points[1] - points[0];
        return [.. points.Select(z => spacing * Density(z, _system.InitialVariance))];
    }

    private double Absorb(double[] probabilities, double[] points, double observation)
    {
        double total = 0.0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] > 0.0)
            {
                probabilities[i] *= Density(observation - _system.Emission[0, 0] * points[i], _system.ObservationVariance);
                total += probabilities[i];
            }
        }

        for (int i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] = probabilities[i] < Negligible * total ? 0.0 : probabilities[i] / total;
        }

        return Math.Log(total);
    }

    private static double Density(double error, double variance) =>
        Math.Exp(-0.5 * error * error / variance) / Math.Sqrt(2.0 * Math.PI * variance);

    private static double[] Points(double halfWidth, double spacing)
    {
        int half = (int)Math.Ceiling(halfWidth / spacing);
        return [.. Enumerable.Range(-half, 2 * half + 1).Select(i => i * spacing)];
    }

    /// <summary>Transition probabilities between two grids, each row cut to the band where it matters.</summary>
    private sealed class Kernel
    {
        private readonly int[] _starts;
        private readonly double[][] _rows;
        private readonly int _targets;

        public Kernel(SyntheticSystem system, double[] from, double[] to)
        {
            From = from;
            _targets = to.Length;
            _starts = new int[from.Length];
            _rows = new double[from.Length][];
            var means = new double[from.Length];
            system.Transition(from, means, from.Length);
            double reach = 8.0 * Math.Sqrt(system.TransitionVariance);
            double spacing = to[1] - to[0];
            for (int i = 0; i < from.Length; i++)
            {
                int start = Math.Clamp((int)Math.Ceiling((means[i] - reach - to[0]) / spacing), 0, to.Length);
                int end = Math.Clamp((int)Math.Floor((means[i] + reach - to[0]) / spacing) + 1, start, to.Length);
                _starts[i] = start;
                _rows[i] = [.. Enumerable.Range(start, end - start)
                    .Select(j => spacing * Density(to[j] - means[i], system.TransitionVariance))];
            }
        }

        public double[] From { get; }

        /// <summary>p(z') = Σ_z p(z) p(z' | z).</summary>
        public double[] Forward(double[] probabilities)
        {
            var result = new double[_targets];
            for (int i = 0; i < probabilities.Length; i++)
            {
                double weight = probabilities[i];
                if (weight > 0.0)
                {
                    double[] row = _rows[i];
                    Span<double> band = result.AsSpan(_starts[i], row.Length);
                    for (int j = 0; j < row.Length; j++)
                    {
                        band[j] += weight * row[j];
                    }
                }
            }

            return result;
        }

        /// <summary>p(z | X) = p(z | x_{..t}) Σ_z' p(z' | z) p(z' | X) / p(z' | x_{..t}).</summary>
        public double[] Backward(double[] filtered, double[] smoothedNext)
        {
            double[] predicted = Forward(filtered);
            var ratio = new double[predicted.Length];
            for (int j = 0; j < ratio.Length; j++)
            {
                ratio[j] = smoothedNext[j] > 0.0 ? smoothedNext[j] / predicted[j] : 0.0;
            }

            var result = new double[filtered.Length];
            for (int i = 0; i < filtered.Length; i++)
            {
                if (filtered[i] > 0.0)
                {
                    double sum = 0.0;
                    ReadOnlySpan<double> band = ratio.AsSpan(_starts[i], _rows[i].Length);
                    for (int j = 0; j < band.Length; j++)
                    {
                        sum += _rows[i][j] * band[j];
                    }

                    result[i] = filtered[i] * sum;
                }
            }

            return result;
        }
    }
}
