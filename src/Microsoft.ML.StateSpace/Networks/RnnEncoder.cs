using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>The recurrent cell of an encoder.</summary>
public enum RnnCell
{
    /// <summary>Long short-term memory.</summary>
    Lstm,
    /// <summary>Gated recurrent unit.</summary>
    Gru,
    /// <summary>h_t = tanh(W x_t + U h_{t−1} + b).</summary>
    Rnn,
}

/// <summary>x_t → φ(W x_t + b) → RNN, forwards or backwards over each sequence's own length.</summary>
/// <remarks>Sequences are packed, so that the state never sees padding in either direction.</remarks>
public sealed class RnnEncoder : nn.Module
{
    private readonly Mlp embedding;
    private readonly ModuleList<nn.Module> layers = new();
    private readonly bool _backward;
    private readonly double _dropout;

    /// <summary>Makes the encoder.</summary>
    /// <param name="inputs">Numbers per step, the mask's included where the model has one.</param>
    /// <param name="settings">Cell, sizes and dropout.</param>
    /// <param name="backward">Whether the RNN runs from the last step to the first.</param>
    /// <param name="initializer">Orthogonal recurrent weights whatever its distribution, an LSTM's forget bias 1, other biases 0.</param>
    public RnnEncoder(long inputs, RnnSettings settings, bool backward, Initializer initializer) : base(nameof(RnnEncoder))
    {
        _backward = backward;
        _dropout = settings.Dropout;
        embedding = new Mlp(inputs, settings.EmbeddingSize, settings.EmbeddingSize == 0 ? 0 : 1, Activation.Relu, initializer);
        for (int i = 0; i < settings.Layers; i++)
            layers.Add(Layer(settings.Cell, i == 0 ? embedding.OutputSize : settings.HiddenSize, settings.HiddenSize, initializer));
        RegisterComponents();
    }

    /// <summary>Encodes packed inputs [S, in] as packed states [S, hidden]; at step t backwards: of steps t … length.</summary>
    /// <param name="inputs">Packed inputs.</param>
    /// <param name="batch">The layout.</param>
    /// <param name="dropoutNoise">Draws the dropout masks while training.</param>
    /// <remarks>Under gradients, and on a device, on a <see cref="ScanTape"/>, where rows are kept apart by a <see cref="RowRecurrence"/>; both
    /// give the layers' values to rounding. Where the batch is a window, the RNN goes on from the neighbouring one.</remarks>
    public Tensor Encode(Tensor inputs, SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        return (batch.Edges is not null ? Plain(inputs, batch, dropoutNoise)
            : ByRow(inputs) ? Apart(inputs, batch)
            : ScanTape.Serves(batch) ? Scan(inputs, batch, dropoutNoise)
            : Plain(inputs, batch, dropoutNoise)).MoveToOuterDisposeScope();
    }

    // Every row by itself, as step by step.
    private static bool ByRow(Tensor inputs) => Affine.IsApart && RowProduct.Serves(inputs);

    private Tensor Apart(Tensor inputs, SequenceBatch batch)
    {
        var x = embedding.call(inputs);
        foreach (var layer in layers)
            x = new RowRecurrence(layer).Run(x, batch, _backward);
        return x;
    }

    private Tensor Scan(Tensor inputs, SequenceBatch batch, Generator? dropoutNoise)
    {
        var x = Dropout(embedding.call(inputs), dropoutNoise);
        foreach (var layer in layers)
            x = Dropout(OnTape(layer, x, batch), dropoutNoise);
        return x;
    }

    private Tensor OnTape(nn.Module layer, Tensor x, SequenceBatch batch)
    {
        var weights = layer.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Tensor inputBias = weights["bias_ih_l0"], stateBias = weights["bias_hh_l0"], recurrent = weights["weight_hh_l0"];
        var cell = layer switch { LSTM => RnnCell.Lstm, GRU => RnnCell.Gru, _ => RnnCell.Rnn };
        var tape = new ScanTape(batch, 1, _backward);
        var sums = tape.ValueIn(nn.functional.linear(x, weights["weight_ih_l0"], cell == RnnCell.Gru ? inputBias : inputBias + stateBias));
        var state = cell == RnnCell.Rnn ? sums : tape.Value(recurrent.shape[1]);
        TapeCells.Lay(tape, cell, LstmGates.OfLayer, sums, (recurrent, stateBias), state);
        tape.Forward();
        return tape.Connect(state)[0];
    }

    // By the layers' own calls on packed sequences.
    private Tensor Plain(Tensor inputs, SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var x = Dropout(embedding.call(batch.Pad(Directed(inputs, batch))), dropoutNoise);
        var carried = batch.Edges?.Into(this, _backward) ?? [];
        var left = new List<Tensor>();
        for (int i = 0; i < layers.Count; i++)
        {
            using var packed = nn.utils.rnn.pack_padded_sequence(x, batch.LengthTensor, batch_first: true);
            var (output, after) = Run(layers[i], packed, [.. PartsOf(i, carried).Select(part => RowsOf(part, batch.Count).unsqueeze(0))]);
            x = Dropout(output, dropoutNoise);
            left.AddRange(after);
            if (i + 1 < layers.Count)
                x = batch.Pad(x);
        }
        batch.Edges?.Leave(this, _backward, [.. left.Select(part => part.squeeze(0).DetachFromDisposeScope())]);
        return Directed(x, batch).MoveToOuterDisposeScope();
    }

    private IEnumerable<Tensor> PartsOf(int layer, IReadOnlyList<Tensor> carried) =>
        carried.Skip(layer * (carried.Count / layers.Count)).Take(carried.Count / layers.Count);

    // Of the rows that go on over a window's edge: fewer than those of the window where it runs backwards, more where it runs forwards.
    private static Tensor RowsOf(Tensor part, long rows) => part.shape[0] >= rows ? part.narrow(0, 0, rows)
        : cat([part, zeros([rows - part.shape[0], part.shape[1]], part.dtype, part.device)], 0);

    /// <summary>Encodes one further step, forwards: inputs [row, in] as states [row, hidden].</summary>
    /// <param name="inputs">The step's inputs.</param>
    /// <param name="carried">What the step before left; empty: the rows begin.</param>
    /// <returns>The states, and of each layer what the next step goes on from, each [row, hidden].</returns>
    /// <exception cref="InvalidOperationException">The RNN runs backwards.</exception>
    internal (Tensor Output, Tensor[] Carried) EncodeStep(Tensor inputs, IReadOnlyList<Tensor> carried)
    {
        if (_backward)
            throw new InvalidOperationException("An RNN that runs backwards cannot be given one step after another.");
        using var scope = NewDisposeScope();
        bool byRow = ByRow(inputs);
        var x = byRow ? embedding.call(inputs) : embedding.call(inputs).unsqueeze(0);
        var left = new List<Tensor>();
        for (int i = 0; i < layers.Count; i++)
        {
            Tensor[] before = [.. PartsOf(i, carried)], after;
            if (byRow)
                (x, after) = new RowRecurrence(layers[i]).Step(x, before);
            else
            {
                (x, after) = Run(layers[i], x, [.. before.Select(part => part.unsqueeze(0))]);
                after = [.. after.Select(part => part.squeeze(0))];
            }
            left.AddRange(after.Select(part => part.MoveToOuterDisposeScope()));
        }
        return ((byRow ? x : x.squeeze(0)).MoveToOuterDisposeScope(), [.. left]);
    }

    private Tensor Directed(Tensor packed, SequenceBatch batch) =>
        _backward ? packed.index_select(0, batch.ReverseIndex) : packed;

    private Tensor Dropout(Tensor x, Generator? noise)
    {
        if (_dropout == 0 || !training)
            return x;
        var keep = rand(x.shape, x.dtype, x.device, generator: noise).ge(_dropout);
        return x * keep / (1 - _dropout);
    }

    // A packed sequence disposes its data with itself: the alias is ours.
    private static (Tensor Output, Tensor[] After) Run(nn.Module layer, nn.utils.rnn.PackedSequence input, Tensor[] before)
    {
        var first = before.FirstOrDefault();
        var (output, after) = layer switch
        {
            LSTM lstm => Parts(lstm.call(input, before.Length == 0 ? null : (before[0], before[1]))),
            GRU gru => Parts(gru.call(input, first)),
            RNN rnn => Parts(rnn.call(input, first)),
            _ => throw NoLayer(layer),
        };
        return (output.data.alias(), after);
    }

    // A single step: [1, row, in].
    private static (Tensor Output, Tensor[] After) Run(nn.Module layer, Tensor input, Tensor[] before)
    {
        var first = before.FirstOrDefault();
        return layer switch
        {
            LSTM lstm => Parts(lstm.call(input, before.Length == 0 ? null : (before[0], before[1]))),
            GRU gru => Parts(gru.call(input, first)),
            RNN rnn => Parts(rnn.call(input, first)),
            _ => throw NoLayer(layer),
        };
    }

    private static (T Output, Tensor[] After) Parts<T>((T Output, Tensor H, Tensor C) found) => (found.Output, [found.H, found.C]);

    private static (T Output, Tensor[] After) Parts<T>((T Output, Tensor H) found) => (found.Output, [found.H]);

    private static InvalidOperationException NoLayer(nn.Module layer) => new($"{layer.GetType()} is no recurrent layer.");

    private static nn.Module Layer(RnnCell cell, long inputs, long hidden, Initializer initializer)
    {
        int gates = cell switch { RnnCell.Lstm => 4, RnnCell.Gru => 3, _ => 1 };
        initializer.Reserve(gates, hidden, inputs + hidden + 2);
        nn.Module layer = cell switch
        {
            RnnCell.Lstm => nn.LSTM(inputs, hidden),
            RnnCell.Gru => nn.GRU(inputs, hidden),
            RnnCell.Rnn => nn.RNN(inputs, hidden, nonLinearity: nn.NonLinearities.Tanh),
            _ => throw new ArgumentOutOfRangeException(nameof(cell), cell, "Unknown cell."),
        };
        foreach (var (name, parameter) in layer.named_parameters())
        {
            if (name.StartsWith("weight_ih", StringComparison.Ordinal))
                initializer.SetWeight(parameter, gates);
            else if (name.StartsWith("weight_hh", StringComparison.Ordinal))
                initializer.SetOrthogonal(parameter, gates);
            else
                Initializer.SetConstant(parameter);
            if (cell == RnnCell.Lstm && name.StartsWith("bias_ih", StringComparison.Ordinal))
                Initializer.SetConstant(parameter, 1, (int)hidden, (int)hidden);
        }
        return layer;
    }
}

/// <summary>Cell and sizes of an <see cref="RnnEncoder"/>.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="HiddenSize">Units of each layer.</param>
/// <param name="Layers">Recurrent layers.</param>
/// <param name="EmbeddingSize">Units of the layer before the RNN; 0 leaves it out.</param>
/// <param name="Dropout">Share of units dropped while training, on the embedding and on each layer's output.</param>
public sealed record RnnSettings(RnnCell Cell, int HiddenSize, int Layers, int EmbeddingSize, double Dropout);
