namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The matrix products of a linear layer y = x Wᵀ, forward and backward, on memory of its own.</summary>
internal sealed class GemmLayer
{
    private readonly int _inputs, _outputs;
    private readonly float[] _weight, _weightGradient, _x, _y, _xGradient, _yGradient;

    /// <summary>Makes the layer.</summary>
    /// <param name="inputs">Numbers of an x.</param>
    /// <param name="outputs">Numbers of a y.</param>
    /// <param name="capacity">The most rows of a batch.</param>
    public GemmLayer(long inputs, long outputs, long capacity)
    {
        (_inputs, _outputs) = ((int)inputs, (int)outputs);
        (_weight, _x, _yGradient) = (Filled(inputs * outputs), Filled(inputs * capacity), Filled(outputs * capacity));
        (_weightGradient, _y, _xGradient) = (new float[inputs * outputs], new float[outputs * capacity], new float[inputs * capacity]);
    }

    /// <summary>Floating-point operations so far: two for each multiplication and addition.</summary>
    public long Operations { get; private set; }

    /// <summary>y of <paramref name="rows"/> rows from <paramref name="start"/> on.</summary>
    public void Forward(long start, long rows)
    {
        Blas.TimesTransposed((int)rows, _outputs, _inputs, ref _x[start * _inputs], ref _weight[0], ref _y[start * _outputs]);
        Count(rows);
    }

    /// <summary>The gradient of their x.</summary>
    public void InputGradient(long start, long rows)
    {
        Blas.Times((int)rows, _inputs, _outputs, ref _yGradient[start * _outputs], ref _weight[0], ref _xGradient[start * _inputs]);
        Count(rows);
    }

    /// <summary>The gradient of W from these rows.</summary>
    public void WeightGradient(long start, long rows)
    {
        Blas.TransposedTimes(_outputs, _inputs, (int)rows, ref _yGradient[start * _outputs], ref _x[start * _inputs], ref _weightGradient[0]);
        Count(rows);
    }

    private void Count(long rows) => Operations += 2L * rows * _inputs * _outputs;

    private static float[] Filled(long size)
    {
        var random = new Random(1);
        var values = new float[size];
        for (long i = 0; i < size; i++)
            values[i] = random.NextSingle() - 0.5f;
        return values;
    }
}
