namespace Microsoft.ML.StateSpace.Data;

/// <summary>Normal equations of a few unknowns.</summary>
internal static class LeastSquares
{
    // Of a pivot beside its own diagonal entry: what is less is a regressor that the others make up.
    private const double LeastPivot = 1e-10;

    /// <summary>The solution of matrix · w = right by Cholesky's factor; an unknown that those before it make up is 0.</summary>
    /// <param name="matrix">Symmetric and positive semidefinite.</param>
    /// <param name="right">The right-hand side.</param>
    public static double[] Solve(double[,] matrix, double[] right)
    {
        int size = right.Length;
        var factor = new double[size, size];
        var result = new double[size];
        for (int i = 0; i < size; i++)
        {
            double pivot = matrix[i, i], value = right[i];
            for (int j = 0; j < i; j++)
            {
                double entry = matrix[i, j];
                for (int k = 0; k < j; k++)
                    entry -= factor[i, k] * factor[j, k];
                factor[i, j] = factor[j, j] == 0 ? 0 : entry / factor[j, j];
                pivot -= factor[i, j] * factor[i, j];
                value -= factor[i, j] * result[j];
            }
            factor[i, i] = pivot > LeastPivot * matrix[i, i] ? Math.Sqrt(pivot) : 0;
            result[i] = factor[i, i] == 0 ? 0 : value / factor[i, i];
        }
        for (int i = size - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < size; k++)
                result[i] -= factor[k, i] * result[k];
            result[i] = factor[i, i] == 0 ? 0 : result[i] / factor[i, i];
        }
        return result;
    }
}
