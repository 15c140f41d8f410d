using TorchSharp.Utils;

namespace TorchSharp.Modules;

/// <summary>What LSTM, GRU and RNN share: their options, and weights named as in PyTorch, in the order in which LibTorch takes them.</summary>
internal sealed class RecurrentWeights
{
    private readonly OrderedDict<string, Parameter> parameters;
    private readonly long numLayers, hiddenSize;
    private readonly bool hasBias, batchFirst, bidirectional;
    private readonly double dropout;

    internal RecurrentWeights(OrderedDict<string, Parameter> parameters, int gates, long inputSize, long hiddenSize, long numLayers,
        bool bias, bool batchFirst, double dropout, bool bidirectional)
    {
        this.parameters = parameters;
        (this.numLayers, this.hiddenSize, hasBias) = (numLayers, hiddenSize, bias);
        (this.batchFirst, this.dropout, this.bidirectional) = (batchFirst, dropout, bidirectional);
        double bound = 1 / Math.Sqrt(hiddenSize);
        for (long layer = 0; layer < numLayers; layer++)
            foreach (string direction in bidirectional ? (string[])["", "_reverse"] : [""])
            {
                long width = layer == 0 ? inputSize : hiddenSize * Directions;
                Add($"weight_ih_l{layer}{direction}", [gates * hiddenSize, width], bound);
                Add($"weight_hh_l{layer}{direction}", [gates * hiddenSize, hiddenSize], bound);
                if (!bias) continue;
                Add($"bias_ih_l{layer}{direction}", [gates * hiddenSize], bound);
                Add($"bias_hh_l{layer}{direction}", [gates * hiddenSize], bound);
            }
    }

    private int Directions => bidirectional ? 2 : 1;

    internal Tensor Zeros(Tensor input) =>
        torch.zeros(Directions * numLayers, input.size(batchFirst ? 0 : 1), hiddenSize, input.dtype, input.device);

    internal Tensor Zeros(torch.nn.utils.rnn.PackedSequence input) =>
        torch.zeros(Directions * numLayers, input.batch_sizes[0].item<long>(), hiddenSize, input.data.dtype, input.data.device);

    internal (Tensor, Tensor, Tensor) Lstm(Tensor input, Tensor h, Tensor c, bool training) =>
        Aten.lstm_input.Call3(input, (Tensor[])[h, c], All, hasBias, numLayers, dropout, training, bidirectional, batchFirst);

    internal (Tensor, Tensor, Tensor) Lstm(Tensor data, Tensor batchSizes, Tensor h, Tensor c, bool training) =>
        Aten.lstm_data.Call3(data, batchSizes, (Tensor[])[h, c], All, hasBias, numLayers, dropout, training, bidirectional);

    internal (Tensor, Tensor) Run(Operator op, Tensor input, Tensor h, bool training) =>
        op.Call2(input, h, All, hasBias, numLayers, dropout, training, bidirectional, batchFirst);

    internal (Tensor, Tensor) Run(Operator op, Tensor data, Tensor batchSizes, Tensor h, bool training) =>
        op.Call2(data, batchSizes, h, All, hasBias, numLayers, dropout, training, bidirectional);

    private Tensor[] All => parameters.Values.ToArray<Tensor>();

    /// <summary>As in the package, these parameters belong to the dispose scope in which the module is made.</summary>
    private void Add(string name, long[] shape, double bound) =>
        parameters.Add(name, new Parameter(torch.nn.init.uniform_(torch.empty(shape), -bound, bound)));
}
