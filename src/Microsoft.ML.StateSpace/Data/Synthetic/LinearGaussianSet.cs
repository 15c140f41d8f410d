namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>
/// A linear-Gaussian system of chosen sizes: z_1 ~ N(0, I), z_t ~ N(z_{t-1} W, v_z I), x_t ~ N(z_t C, v_x I), row vectors, with
/// W and C drawn at random: W so that no state grows (its largest singular value is 0.9), C of N(0, 1/latents).
/// </summary>
public sealed record LinearGaussianSet
{
    private const double LargestSingularValue = 0.9;
    private const int PowerIterations = 500;

    /// <summary>The dimensions of a state.</summary>
    public int LatentSize { get; init; } = 2;

    /// <summary>The dimensions of an observation.</summary>
    public int ObservationSize { get; init; } = 3;

    /// <summary>v_z.</summary>
    public double TransitionVariance { get; init; } = 1;

    /// <summary>v_x.</summary>
    public double ObservationVariance { get; init; } = 1;

    /// <summary>Draws W and then C, row by row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is not positive.</exception>
    public SyntheticSystem DrawSystem(NumpyLegacyRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LatentSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ObservationSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(TransitionVariance);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ObservationVariance);
        double[,] transition = Matrix(random, LatentSize, 1);
        Rescale(transition, LargestSingularValue / SingularValueOf(transition));
        double[,] emission = Matrix(random, ObservationSize, 1 / Math.Sqrt(LatentSize));
        return new SyntheticSystem("linear-gaussian", new LinearMap(transition, new double[LatentSize]), emission)
        {
            InitialVariance = 1,
            TransitionVariance = TransitionVariance,
            ObservationVariance = ObservationVariance,
        };
    }

    private double[,] Matrix(NumpyLegacyRandom random, int columns, double deviation)
    {
        var matrix = new double[LatentSize, columns];
        for (int i = 0; i < LatentSize; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                matrix[i, j] = deviation * random.NextGaussian();
            }
        }

        return matrix;
    }

    private static void Rescale(double[,] matrix, double factor)
    {
        foreach (ref double entry in System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref matrix[0, 0], matrix.Length))
        {
            entry *= factor;
        }
    }

    /// <summary>The largest singular value of a square matrix, by power iteration on M Mᵀ.</summary>
    private static double SingularValueOf(double[,] matrix)
    {
        int size = matrix.GetLength(0);
        var vector = new double[size];
        Array.Fill(vector, 1 / Math.Sqrt(size));
        double value = 0;
        for (int iteration = 0; iteration < PowerIterations; iteration++)
        {
            var image = new double[size];
            var back = new double[size];
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    image[j] += vector[i] * matrix[i, j];
                }
            }

            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    back[i] += image[j] * matrix[i, j];
                }
            }

            double norm = Math.Sqrt(back.Sum(x => x * x));
            value = Math.Sqrt(norm);
            vector = [.. back.Select(x => x / norm)];
        }

        return value;
    }
}
