using static TorchSharp.torch.nn.utils.rnn;

namespace TorchSharp.Modules
{
    public sealed class LSTM : torch.nn.Module<Tensor, (Tensor, Tensor)?, (Tensor, Tensor, Tensor)>
    {
        private readonly RecurrentWeights weights;

        internal LSTM(long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional) : base(nameof(LSTM)) =>
            weights = new RecurrentWeights(_internal_params, 4, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);

        public override (Tensor, Tensor, Tensor) forward(Tensor input, (Tensor, Tensor)? h0_c0 = null)
        {
            (Tensor h, Tensor c) = h0_c0 ?? (weights.Zeros(input), weights.Zeros(input));
            return weights.Lstm(input, h, c, training);
        }

        public new (Tensor, Tensor, Tensor) call(Tensor input, (Tensor, Tensor)? h0_c0 = null) => base.call(input, h0_c0);

        public (PackedSequence, Tensor, Tensor) call(PackedSequence input, (Tensor, Tensor)? h0_c0 = null)
        {
            (Tensor h, Tensor c) = h0_c0 ?? (weights.Zeros(input), weights.Zeros(input));
            (Tensor data, Tensor hn, Tensor cn) = weights.Lstm(input.data, input.batch_sizes, input.Sort(h), input.Sort(c), training);
            return (input.With(data), input.Unsort(hn), input.Unsort(cn));
        }

        public void flatten_parameters() { }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.LSTM LSTM(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false,
                double dropout = 0, bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new Modules.LSTM(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional).MoveModule<Modules.LSTM>(device, dtype);
        }
    }
}
