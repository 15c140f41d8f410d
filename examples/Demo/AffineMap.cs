namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>
/// The affine map that brings a model's latents closest to the true ones. A model is free to rotate, scale and shift its
/// latents, so that they can be compared with others only up to such a map.
/// </summary>
internal sealed class AffineMap
{
    private readonly double[,] _coefficients;
    private readonly int _size;

    private AffineMap(double[,] coefficients, int size)
    {
        _coefficients = coefficients;
        _size = size;
    }

    /// <summary>Fits target ≈ A source + b by least squares.</summary>
    /// <param name="sources">Latents of the model, <c>[sequence][step · dimension]</c>.</param>
    /// <param name="targets">True latents, the same steps.</param>
    /// <param name="size">Dimensions of a source.</param>
    /// <param name="targetSize">Dimensions of a target.</param>
    public static AffineMap Fit(IReadOnlyList<float[]> sources, IReadOnlyList<float[]> targets, int size, int targetSize)
    {
        // The normal equations, the target's moments beside them.
        var equations = new double[size + 1, size + 1 + targetSize];
        var row = new double[size + 1 + targetSize];
        for (int n = 0; n < sources.Count; n++)
        {
            for (int t = 0; t < sources[n].Length / size; t++)
            {
                Array.Copy(sources[n], t * size, row, 0, size);
                row[size] = 1.0;
                Array.Copy(targets[n], t * targetSize, row, size + 1, targetSize);
                for (int i = 0; i <= size; i++)
                    for (int j = 0; j < row.Length; j++)
                        equations[i, j] += row[i] * row[j];
            }
        }

        Eliminate(equations, size + 1);
        var coefficients = new double[targetSize, size + 1];
        for (int d = 0; d < targetSize; d++)
            for (int i = 0; i <= size; i++)
                coefficients[d, i] = equations[i, size + 1 + d];
        return new AffineMap(coefficients, size);
    }

    /// <summary>The root of the mean squared error over all steps and dimensions, after the map.</summary>
    public double RootMeanSquaredError(IReadOnlyList<float[]> sources, IReadOnlyList<float[]> targets)
    {
        int targetSize = _coefficients.GetLength(0);
        double sum = 0.0;
        long count = 0;
        for (int n = 0; n < sources.Count; n++)
        {
            for (int place = 0; place < targets[n].Length; place++, count++)
            {
                int step = place / targetSize;
                int dimension = place % targetSize;
                double mapped = _coefficients[dimension, _size];
                for (int i = 0; i < _size; i++)
                    mapped += _coefficients[dimension, i] * sources[n][step * _size + i];
                sum += (mapped - targets[n][place]) * (mapped - targets[n][place]);
            }
        }

        return Math.Sqrt(sum / count);
    }

    /// <summary>Gauss-Jordan elimination of the first columns; the matrix is symmetric and positive definite.</summary>
    private static void Eliminate(double[,] equations, int unknowns)
    {
        int width = equations.GetLength(1);
        for (int pivot = 0; pivot < unknowns; pivot++)
        {
            double scale = 1.0 / equations[pivot, pivot];
            for (int j = 0; j < width; j++)
                equations[pivot, j] *= scale;
            for (int i = 0; i < unknowns; i++)
            {
                double factor = i == pivot ? 0.0 : equations[i, pivot];
                for (int j = 0; j < width && factor != 0.0; j++)
                    equations[i, j] -= factor * equations[pivot, j];
            }
        }
    }
}
