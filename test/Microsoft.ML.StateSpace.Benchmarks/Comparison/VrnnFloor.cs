using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The products of a VRNN with the filtering proposal and N particles: what the data alone decide is one product for all steps,
/// everything else follows the particles; enc_z(z_t) serves the emission and the next step's path.</summary>
internal sealed class VrnnFloor : GemmFloor
{
    private const int LstmGates = 4;

    private readonly int _particles;
    // In the order of the forward pass.
    private readonly GemmLayer[] _ofData, _ofParticles;
    private readonly GemmLayer _recurrent;

    public VrnnFloor(VrnnModel model, FilteringPathProposal proposal, int particles, int observationSize, IReadOnlyList<BatchShape> batches, Device device) : base(batches, device)
    {
        int encoder = model.EncoderSize, hidden = model.HiddenSize, z = model.LatentSize, emission = model.Emission.HiddenSize;
        _particles = particles;
        _ofData = [.. Stack(observationSize, encoder, model.EncoderLayers, 1), Layer(encoder, LstmGates * hidden), Layer(encoder, proposal.HiddenSize)];
        _recurrent = Layer(hidden, LstmGates * hidden, particles);
        _ofParticles =
        [
            Layer(encoder, LstmGates * hidden, particles),
            .. Stack(hidden, model.PriorSize, model.PriorLayers, particles), Layer(model.PriorSize, 2 * z, particles),
            Layer(hidden, proposal.HiddenSize, particles), Layer(proposal.HiddenSize, 2 * z, particles),
            .. Stack(z, encoder, model.EncoderLayers, particles),
            .. Stack(encoder + hidden, emission, model.Emission.HiddenLayers, particles), Layer(emission, observationSize, particles),
        ];
    }

    protected override void Run(BatchShape batch)
    {
        foreach (var layer in _ofData)
            layer.Forward(0, batch.Steps);
        for (int t = 0; t < batch.Active.Length; t++)
        {
            var (start, rows) = batch.At(t, _particles);
            if (t > 0)
                _recurrent.Forward(start, rows);
            foreach (var layer in _ofParticles)
                layer.Forward(start, rows);
        }
        for (int t = batch.Active.Length - 1; t >= 0; t--)
        {
            var (start, rows) = batch.At(t, _particles);
            foreach (var layer in _ofParticles.Reverse())
                layer.InputGradient(start, rows);
            if (t > 0)
                _recurrent.InputGradient(start, rows);
        }
        // The data themselves need no gradient.
        foreach (var layer in _ofData.Skip(1))
            layer.InputGradient(0, batch.Steps);
        foreach (var layer in _ofData)
            layer.WeightGradient(0, batch.Steps);
        foreach (var layer in _ofParticles.Append(_recurrent))
            layer.WeightGradient(0, _particles * batch.Steps);
    }

    private IEnumerable<GemmLayer> Stack(int inputs, int width, int count, int particles) =>
        Enumerable.Range(0, count).Select(i => Layer(i == 0 ? inputs : width, width, particles)).ToList();
}
