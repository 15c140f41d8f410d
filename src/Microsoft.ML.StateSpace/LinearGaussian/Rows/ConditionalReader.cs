using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>The transitions or the emissions of a system, read step by step into plain numbers; matrices that recur are kept once.</summary>
internal sealed class ConditionalReader(int outputs, int inputs)
{
    private Tensor? _matrix, _covariance, _offset;
    private int[] _places = [];
    private double[] _offsets = [];

    /// <summary>The matrix of each distinct pair of matrix and covariance, then its covariance.</summary>
    public DistinctBlocks Distinct { get; } = new();

    /// <summary>Reads the conditional of a step; tensors that were there at the step before are not read again.</summary>
    public void Read(AffineGaussian given)
    {
        if (!ReferenceEquals(given.Matrix, _matrix) || !ReferenceEquals(given.Covariance, _covariance))
        {
            ReadMatrices(Dense.Copy(given.Matrix), Dense.Copy(given.Covariance));
            (_matrix, _covariance) = (given.Matrix, given.Covariance);
        }
        if (!ReferenceEquals(given.Offset, _offset))
            (_offsets, _offset) = (Dense.Copy(given.Offset), given.Offset);
    }

    /// <summary>The place of a row's matrices.</summary>
    public int Place(int row) => _places.Length == 1 ? _places[0] : _places[row];

    /// <summary>A row's offset, [outputs].</summary>
    public ReadOnlySpan<double> Offset(int row) => _offsets.Length == outputs ? _offsets : _offsets.AsSpan(row * outputs, outputs);

    /// <summary>[outputs, inputs]</summary>
    public ReadOnlySpan<double> Matrix(int place) => Distinct[place].AsSpan(0, outputs * inputs);

    /// <summary>[outputs, outputs]</summary>
    public ReadOnlySpan<double> Covariance(int place) => Distinct[place].AsSpan(outputs * inputs);

    private void ReadMatrices(double[] matrices, double[] covariances)
    {
        int matrix = outputs * inputs, covariance = outputs * outputs;
        int rows = Math.Max(matrices.Length / matrix, covariances.Length / covariance);
        _places = new int[rows];
        var block = new double[matrix + covariance];
        for (int row = 0; row < rows; row++)
        {
            OfRow(matrices, matrix, row).CopyTo(block);
            OfRow(covariances, covariance, row).CopyTo(block.AsSpan(matrix));
            _places[row] = Distinct.Place(block);
        }
    }

    private static ReadOnlySpan<double> OfRow(double[] numbers, int size, int row) =>
        numbers.Length == size ? numbers : numbers.AsSpan(row * size, size);
}
