namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Dense linear algebra of the textbook, plain enough to be believed by reading.</summary>
internal static class LinearAlgebra
{
    public static double[,] Identity(int size)
    {
        var result = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            result[i, i] = 1.0;
        }

        return result;
    }

    public static double[,] Multiply(double[,] a, double[,] b)
    {
        var result = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int k = 0; k < a.GetLength(1); k++)
            {
                for (int j = 0; j < b.GetLength(1); j++)
                {
                    result[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return result;
    }

    public static double[] Multiply(double[,] a, double[] x)
    {
        var result = new double[a.GetLength(0)];
        for (int i = 0; i < result.Length; i++)
        {
            for (int k = 0; k < x.Length; k++)
            {
                result[i] += a[i, k] * x[k];
            }
        }

        return result;
    }

    public static double[,] Transpose(double[,] a)
    {
        var result = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int j = 0; j < a.GetLength(1); j++)
            {
                result[j, i] = a[i, j];
            }
        }

        return result;
    }

    /// <summary>a + scale · b.</summary>
    public static double[,] Add(double[,] a, double[,] b, double scale = 1.0)
    {
        var result = new double[a.GetLength(0), a.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int j = 0; j < a.GetLength(1); j++)
            {
                result[i, j] = a[i, j] + scale * b[i, j];
            }
        }

        return result;
    }

    /// <summary>a + scale · b.</summary>
    public static double[] Add(double[] a, double[] b, double scale = 1.0) =>
        [.. a.Select((value, i) => value + scale * b[i])];

    /// <summary>m a mᵀ.</summary>
    public static double[,] Sandwich(double[,] m, double[,] a) => Multiply(Multiply(m, a), Transpose(m));

    /// <summary>The chosen rows and columns of a matrix.</summary>
    public static double[,] Select(double[,] a, int[] rows, int[] columns)
    {
        var result = new double[rows.Length, columns.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < columns.Length; j++)
            {
                result[i, j] = a[rows[i], columns[j]];
            }
        }

        return result;
    }

    /// <summary>The lower triangular factor of a positive definite matrix.</summary>
    public static double[,] Cholesky(double[,] a)
    {
        int size = a.GetLength(0);
        var factor = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = a[i, j];
                for (int k = 0; k < j; k++)
                {
                    sum -= factor[i, k] * factor[j, k];
                }

                factor[i, j] = i == j ? Math.Sqrt(sum) : sum / factor[j, j];
            }
        }

        return factor;
    }

    /// <summary>a⁻¹ b for a positive definite a.</summary>
    public static double[,] Solve(double[,] a, double[,] b)
    {
        double[,] factor = Cholesky(a);
        int size = a.GetLength(0);
        var result = (double[,])b.Clone();
        for (int column = 0; column < b.GetLength(1); column++)
        {
            for (int i = 0; i < size; i++)
            {
                for (int k = 0; k < i; k++)
                {
                    result[i, column] -= factor[i, k] * result[k, column];
                }

                result[i, column] /= factor[i, i];
            }

            for (int i = size - 1; i >= 0; i--)
            {
                for (int k = i + 1; k < size; k++)
                {
                    result[i, column] -= factor[k, i] * result[k, column];
                }

                result[i, column] /= factor[i, i];
            }
        }

        return result;
    }

    /// <summary>log N(x; mean, covariance), in nats; 0 for a vector without entries.</summary>
    public static double LogDensity(double[] error, double[,] covariance)
    {
        if (error.Length == 0)
        {
            return 0.0;
        }

        double[,] factor = Cholesky(covariance);
        double result = -0.5 * error.Length * Math.Log(2.0 * Math.PI);
        var whitened = new double[error.Length];
        for (int i = 0; i < error.Length; i++)
        {
            double sum = error[i];
            for (int k = 0; k < i; k++)
            {
                sum -= factor[i, k] * whitened[k];
            }

            whitened[i] = sum / factor[i, i];
            result -= Math.Log(factor[i, i]) + 0.5 * whitened[i] * whitened[i];
        }

        return result;
    }
}
