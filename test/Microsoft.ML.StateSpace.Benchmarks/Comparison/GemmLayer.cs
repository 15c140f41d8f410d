namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The matrix products of a linear layer y = x Wᵀ, forward and backward, on memory of its own.</summary>
/// <param name="inputs">Numbers of an x.</param>
/// <param name="outputs">Numbers of a y.</param>
internal abstract class GemmLayer(long inputs, long outputs)
{
    /// <summary>Floating-point operations so far: two for each multiplication and addition.</summary>
    public long Operations { get; private set; }

    /// <summary>Products so far.</summary>
    public long Products { get; private set; }

    /// <summary>y of <paramref name="rows"/> rows from <paramref name="start"/> on.</summary>
    public void Forward(long start, long rows) => Count(rows, () => Outputs(start, rows));

    /// <summary>The gradient of their x.</summary>
    public void InputGradient(long start, long rows) => Count(rows, () => OfInputs(start, rows));

    /// <summary>The gradient of W from these rows.</summary>
    public void WeightGradient(long start, long rows) => Count(rows, () => OfWeights(start, rows));

    /// <summary>Computes <see cref="Forward"/>.</summary>
    protected abstract void Outputs(long start, long rows);

    /// <summary>Computes <see cref="InputGradient"/>.</summary>
    protected abstract void OfInputs(long start, long rows);

    /// <summary>Computes <see cref="WeightGradient"/>.</summary>
    protected abstract void OfWeights(long start, long rows);

    private void Count(long rows, Action product)
    {
        product();
        Operations += 2L * rows * inputs * outputs;
        Products++;
    }
}
