using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The products of a deep Markov model with a gated transition and structured inference from the future: in the time loop only
/// those of the RNN's state and of q(z_t | z_{t−1}, ·).</summary>
internal sealed class DeepMarkovFloor : GemmFloor
{
    private readonly GemmLayer? _embedding;
    private readonly GemmLayer _input, _recurrent, _combiner, _head;
    // Of z_{t−1} and of z_t, all steps at once, in the order of the forward pass.
    private readonly GemmLayer[] _priors, _emission;

    public DeepMarkovFloor(DeepMarkovModel model, StructuredInference inference, int observationSize, IReadOnlyList<BatchShape> batches, Device device) : base(batches, device)
    {
        var settings = inference.Settings;
        int hidden = settings.HiddenSize, gates = settings.Cell switch { RnnCell.Lstm => 4, RnnCell.Gru => 3, _ => 1 };
        _embedding = settings.EmbeddingSize > 0 ? Layer(observationSize, settings.EmbeddingSize) : null;
        _input = Layer(settings.EmbeddingSize > 0 ? settings.EmbeddingSize : observationSize, gates * hidden);
        _recurrent = Layer(hidden, gates * hidden);
        _combiner = Layer(model.LatentSize, hidden);
        _head = Layer(hidden, 2 * model.LatentSize);
        int z = model.LatentSize, transition = ((GatedTransition)model.Transition).HiddenSize, emission = model.Emission.HiddenSize;
        _priors = [Layer(z, 2 * transition), Layer(transition, z), Layer(transition, z), Layer(z, z), Layer(z, z)];
        _emission = [.. Enumerable.Range(0, model.Emission.HiddenLayers).Select(i => Layer(i == 0 ? z : emission, emission)), Layer(emission, observationSize)];
    }

    protected override void Run(BatchShape batch)
    {
        long later = batch.Steps - batch.Active[0];
        Forward(batch, later);
        foreach (var layer in _emission.Concat(_priors))
            layer.InputGradient(0, _priors.Contains(layer) ? later : batch.Steps);
        Backward(batch);
        foreach (var layer in _priors.Concat([_combiner, _recurrent]))
            layer.WeightGradient(0, later);
        foreach (var layer in _emission.Concat([_head, _input]))
            layer.WeightGradient(0, batch.Steps);
        _embedding?.WeightGradient(0, batch.Steps);
    }

    private void Forward(BatchShape batch, long later)
    {
        _embedding?.Forward(0, batch.Steps);
        _input.Forward(0, batch.Steps);
        for (int t = batch.Active.Length - 1; t > 0; t--)
            Sequential(_recurrent.Forward, batch, t);
        for (int t = 0; t < batch.Active.Length; t++)
        {
            if (t > 0)
                Sequential(_combiner.Forward, batch, t);
            Sequential(_head.Forward, batch, t);
        }
        foreach (var layer in _priors)
            layer.Forward(0, later);
        foreach (var layer in _emission)
            layer.Forward(0, batch.Steps);
    }

    private void Backward(BatchShape batch)
    {
        for (int t = batch.Active.Length - 1; t >= 0; t--)
        {
            Sequential(_head.InputGradient, batch, t);
            if (t > 0)
                Sequential(_combiner.InputGradient, batch, t);
        }
        for (int t = 1; t < batch.Active.Length; t++)
            Sequential(_recurrent.InputGradient, batch, t);
        if (_embedding is not null)
            _input.InputGradient(0, batch.Steps);
    }

    private static void Sequential(Action<long, long> product, BatchShape batch, int step)
    {
        var (start, rows) = batch.At(step);
        product(start, rows);
    }
}
