using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The products of a layer by LibTorch on a device, each a call of its own.</summary>
internal sealed class DeviceLayer : GemmLayer
{
    private readonly Tensor _weight, _transposed, _weightGradient, _x, _y, _xGradient, _yGradient;

    /// <summary>Makes the layer.</summary>
    /// <param name="inputs">Numbers of an x.</param>
    /// <param name="outputs">Numbers of a y.</param>
    /// <param name="capacity">The most rows of a batch.</param>
    /// <param name="device">The device.</param>
    public DeviceLayer(long inputs, long outputs, long capacity, Device device) : base(inputs, outputs)
    {
        Tensor Filled(long rows, long columns) => rand([rows, columns], ScalarType.Float32, device).sub_(0.5).DetachFromDisposeScope();
        (_weight, _x, _yGradient) = (Filled(outputs, inputs), Filled(capacity, inputs), Filled(capacity, outputs));
        (_weightGradient, _y, _xGradient) = (Filled(outputs, inputs), Filled(capacity, outputs), Filled(capacity, inputs));
        _transposed = _weight.t().contiguous().DetachFromDisposeScope();
    }

    protected override void Outputs(long start, long rows) =>
        _y.narrow(0, start, rows).addmm_(_x.narrow(0, start, rows), _transposed, 0, 1);

    protected override void OfInputs(long start, long rows) =>
        _xGradient.narrow(0, start, rows).addmm_(_yGradient.narrow(0, start, rows), _weight, 0, 1);

    protected override void OfWeights(long start, long rows) =>
        _weightGradient.addmm_(_yGradient.narrow(0, start, rows).t(), _x.narrow(0, start, rows), 0, 1);
}
