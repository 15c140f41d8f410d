using static TorchSharp.torch.nn.utils.rnn;

namespace TorchSharp.Modules
{
    public sealed class GRU : torch.nn.Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly RecurrentWeights weights;
        internal GRU(long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional)
            : base(nameof(GRU)) =>
            weights = new RecurrentWeights(_internal_params, 3, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);

        public override (Tensor, Tensor) forward(Tensor input, Tensor? h0 = null) =>
            weights.Run(Aten.gru_input, input, h0 ?? weights.Zeros(input), training);

        public new (Tensor, Tensor) call(Tensor input, Tensor? h0 = null) => base.call(input, h0!);

        public (PackedSequence, Tensor) call(PackedSequence input, Tensor? h0 = null)
        {
            (Tensor data, Tensor hn) = weights.Run(Aten.gru_data, input.data, input.batch_sizes, input.Sort(h0 ?? weights.Zeros(input)), training);
            return (input.With(data), input.Unsort(hn));
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
            public static Modules.GRU GRU(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false,
                double dropout = 0, bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new Modules.GRU(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional).MoveModule<Modules.GRU>(device, dtype);
        }
    }
}
