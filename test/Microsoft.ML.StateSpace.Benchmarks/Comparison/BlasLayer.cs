namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The products of a layer by the system's BLAS.</summary>
internal sealed class BlasLayer : GemmLayer
{
    private readonly int _inputs, _outputs;
    private readonly float[] _weight, _weightGradient, _x, _y, _xGradient, _yGradient;

    /// <summary>Makes the layer.</summary>
    /// <param name="inputs">Numbers of an x.</param>
    /// <param name="outputs">Numbers of a y.</param>
    /// <param name="capacity">The most rows of a batch.</param>
    public BlasLayer(long inputs, long outputs, long capacity) : base(inputs, outputs)
    {
        (_inputs, _outputs) = ((int)inputs, (int)outputs);
        (_weight, _x, _yGradient) = (Filled(inputs * outputs), Filled(inputs * capacity), Filled(outputs * capacity));
        (_weightGradient, _y, _xGradient) = (new float[inputs * outputs], new float[outputs * capacity], new float[inputs * capacity]);
    }

    protected override void Outputs(long start, long rows) =>
        Blas.TimesTransposed((int)rows, _outputs, _inputs, ref _x[start * _inputs], ref _weight[0], ref _y[start * _outputs]);

    protected override void OfInputs(long start, long rows) =>
        Blas.Times((int)rows, _inputs, _outputs, ref _yGradient[start * _outputs], ref _weight[0], ref _xGradient[start * _inputs]);

    protected override void OfWeights(long start, long rows) =>
        Blas.TransposedTimes(_outputs, _inputs, (int)rows, ref _yGradient[start * _outputs], ref _x[start * _inputs], ref _weightGradient[0]);

    private static float[] Filled(long size)
    {
        var random = new Random(1);
        var values = new float[size];
        for (long i = 0; i < size; i++)
            values[i] = random.NextSingle() - 0.5f;
        return values;
    }
}
