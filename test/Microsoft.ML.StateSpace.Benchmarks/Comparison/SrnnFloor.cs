using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The products of an SRNN with amortized variational filtering on gradients, K = 1: in the time loop the path, the prior, the
/// free energy's gradient before and after the iteration, and the inference network with its own weight gradients at every step.
/// No gradient of the bound goes through z, so that but for the path's its backward pass is one product a layer.</summary>
internal sealed class SrnnFloor : GemmFloor
{
    private const int LstmGates = 4;

    private readonly GemmLayer _observationEncoder, _input, _recurrent, _latentEncoder;
    // Hidden and last layer of each, and of the inference network all layers: the first, the highway, change and gate.
    private readonly GemmLayer[] _prior, _emission, _network;

    public SrnnFloor(SrnnModel model, IterativeInference inference, int observationSize, IReadOnlyList<BatchShape> batches, Device device) : base(batches, device)
    {
        int encoder = model.EncoderSize, hidden = model.HiddenSize, z = model.LatentSize, emission = model.Emission.HiddenSize, width = inference.HiddenSize;
        _observationEncoder = Layer(observationSize, encoder);
        _input = Layer(encoder, LstmGates * hidden);
        _recurrent = Layer(hidden, LstmGates * hidden);
        _latentEncoder = Layer(z, encoder);
        _prior = [Layer(hidden + encoder, model.PriorSize), Layer(model.PriorSize, 2 * z)];
        _emission = [Layer(hidden + encoder, emission), Layer(emission, observationSize)];
        _network =
        [
            Layer(4 * z, width), .. Enumerable.Range(1, inference.HiddenLayers - 1).Select(_ => Layer(width, 2 * width)),
            Layer(width, 2 * z), Layer(width, 2 * z),
        ];
    }

    protected override void Run(BatchShape batch)
    {
        _observationEncoder.Forward(0, batch.Steps);
        _input.Forward(0, batch.Steps);
        for (int t = 0; t < batch.Active.Length; t++)
        {
            var (start, rows) = batch.At(t);
            if (t > 0)
                _recurrent.Forward(start, rows);
            Infer(start, rows);
        }
        Bound(batch.Steps);
        for (int t = batch.Active.Length - 1; t > 0; t--)
        {
            var (start, rows) = batch.At(t);
            _recurrent.InputGradient(start, rows);
        }
        _input.InputGradient(0, batch.Steps);
        foreach (var layer in new[] { _observationEncoder, _input, _recurrent })
            layer.WeightGradient(0, batch.Steps);
    }

    private void Infer(long start, long rows)
    {
        foreach (var layer in _prior.Prepend(_latentEncoder))
            layer.Forward(start, rows);
        FreeEnergy(start, rows);
        foreach (var layer in _network)
            layer.Forward(start, rows);
        FreeEnergy(start, rows);
        // What the network reads is held fixed.
        foreach (var layer in _network.Skip(1))
            layer.InputGradient(start, rows);
        foreach (var layer in _network)
            layer.WeightGradient(start, rows);
    }

    private void FreeEnergy(long start, long rows)
    {
        foreach (var layer in _emission.Prepend(_latentEncoder))
            layer.Forward(start, rows);
        foreach (var layer in _emission.Append(_latentEncoder))
            layer.InputGradient(start, rows);
    }

    // z_t is encoded once, for its emission and for the prior of the next step.
    private void Bound(long steps)
    {
        _latentEncoder.Forward(0, steps);
        foreach (var layer in _emission.Concat(_prior))
            layer.Forward(0, steps);
        foreach (var layer in _emission.Concat(_prior))
            layer.InputGradient(0, steps);
        foreach (var layer in _emission.Concat(_prior).Append(_latentEncoder))
            layer.WeightGradient(0, steps);
    }
}
