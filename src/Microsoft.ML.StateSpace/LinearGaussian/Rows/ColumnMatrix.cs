using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>A matrix by columns, each filled up with zeros to whole vectors: how a product with one vector reads it best.</summary>
internal readonly struct ColumnMatrix
{
    private const int Width = 4;

    private readonly Vector256<double>[] _columns;
    private readonly int _blocks;

    /// <summary>Takes a matrix [rows, columns], row by row.</summary>
    public ColumnMatrix(ReadOnlySpan<double> matrix, int rows)
    {
        int columns = matrix.Length / rows;
        _blocks = Blocks(rows);
        _columns = new Vector256<double>[_blocks * columns];
        var numbers = MemoryMarshal.Cast<Vector256<double>, double>(_columns.AsSpan());
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                numbers[j * _blocks * Width + i] = matrix[i * columns + j];
    }

    /// <summary>How many vectors so many numbers fill.</summary>
    public static int Blocks(int numbers) => (numbers + Width - 1) / Width;

    /// <summary>y += matrix x</summary>
    public void AddProduct(ReadOnlySpan<double> x, Span<Vector256<double>> y)
    {
        for (int block = 0; block < y.Length; block++)
            y[block] = Sum(block, x, y[block]);
    }

    /// <summary>y += matrix x of a lower triangular matrix.</summary>
    public void AddLowerProduct(ReadOnlySpan<double> x, Span<Vector256<double>> y)
    {
        for (int block = 0; block < y.Length; block++)
            y[block] = Sum(block, x[..Math.Min(x.Length, (block + 1) * Width)], y[block]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vector256<double> Sum(int block, ReadOnlySpan<double> x, Vector256<double> sum)
    {
        var columns = _columns;
        for (int j = 0, place = block; j < x.Length; j++, place += _blocks)
            sum += columns[place] * x[j];
        return sum;
    }
}
