using static TorchSharp.torch.nn.utils.rnn;

namespace TorchSharp.Modules
{
    public sealed class RNN : torch.nn.Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly RecurrentWeights weights;
        private readonly Operator padded, packed;

        internal RNN(long inputSize, long hiddenSize, long numLayers, torch.nn.NonLinearities nonLinearity, bool bias, bool batchFirst, double dropout, bool bidirectional)
            : base(nameof(RNN))
        {
            weights = new RecurrentWeights(_internal_params, 1, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);
            bool tanh = nonLinearity == torch.nn.NonLinearities.Tanh;
            padded = tanh ? Aten.rnn_tanh_input : Aten.rnn_relu_input;
            packed = tanh ? Aten.rnn_tanh_data : Aten.rnn_relu_data;
        }

        public override (Tensor, Tensor) forward(Tensor input, Tensor? h0) =>
            weights.Run(padded, input, h0 ?? weights.Zeros(input), training);

        public new (Tensor, Tensor) call(Tensor input, Tensor? h0 = null) => base.call(input, h0!);

        public (PackedSequence, Tensor) call(PackedSequence input, Tensor? h0 = null)
        {
            (Tensor data, Tensor hn) = weights.Run(packed, input.data, input.batch_sizes, input.Sort(h0 ?? weights.Zeros(input)), training);
            return (input.With(data), input.Unsort(hn));
        }

        public void flatten_parameters() { }

        public Parameter? get_weight_ih(long idx) => Weight("weight_ih", idx);
        public Parameter? get_weight_hh(long idx) => Weight("weight_hh", idx);
        public Parameter? get_bias_ih(long idx) => Weight("bias_ih", idx);
        public Parameter? get_bias_hh(long idx) => Weight("bias_hh", idx);

        private Parameter? Weight(string name, long layer) => _internal_params.TryGetValue($"{name}_l{layer}", out Parameter? found) ? found : null;
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public enum NonLinearities
            {
                ReLU = 0,
                Tanh = 1,
            }

            public static Modules.RNN RNN(long inputSize, long hiddenSize, long numLayers = 1, NonLinearities nonLinearity = NonLinearities.Tanh, bool bias = true, bool batchFirst = false,
                double dropout = 0, bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new Modules.RNN(inputSize, hiddenSize, numLayers, nonLinearity, bias, batchFirst, dropout, bidirectional).MoveModule<Modules.RNN>(device, dtype);
        }
    }
}
