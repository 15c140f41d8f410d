namespace TorchSharp.Modules
{
    public sealed class GRUCell : torch.nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly CellWeights weights;

        internal GRUCell(long inputSize, long hiddenSize, bool bias) : base(nameof(GRUCell)) =>
            weights = new CellWeights(_internal_params, 3, inputSize, hiddenSize, bias);

        public override Tensor forward(Tensor input, Tensor? h0 = null) =>
            Aten.gru_cell.Call(input, h0 ?? weights.Zeros(input), weights.Ih, weights.Hh, weights.BiasIh, weights.BiasHh);
    }

    public sealed class LSTMCell : torch.nn.Module<Tensor, (Tensor, Tensor)?, (Tensor, Tensor)>
    {
        private readonly CellWeights weights;

        internal LSTMCell(long inputSize, long hiddenSize, bool bias) : base(nameof(LSTMCell)) =>
            weights = new CellWeights(_internal_params, 4, inputSize, hiddenSize, bias);

        public new (Tensor, Tensor) call(Tensor input, (Tensor, Tensor)? h0_c0 = null) => base.call(input, h0_c0);

        public override (Tensor, Tensor) forward(Tensor input, (Tensor, Tensor)? h0_c0)
        {
            (Tensor h, Tensor c) = h0_c0 ?? (weights.Zeros(input), weights.Zeros(input));
            return Aten.lstm_cell.Call2(input, (Tensor[])[h, c], weights.Ih, weights.Hh, weights.BiasIh, weights.BiasHh);
        }
    }

    /// <summary>The weights of one recurrent cell, named as in PyTorch.</summary>
    internal sealed class CellWeights
    {
        private readonly Utils.OrderedDict<string, Parameter> parameters;
        private readonly long hiddenSize;

        internal CellWeights(Utils.OrderedDict<string, Parameter> parameters, int gates, long inputSize, long hiddenSize, bool bias)
        {
            this.parameters = parameters;
            this.hiddenSize = hiddenSize;
            double bound = 1 / Math.Sqrt(hiddenSize);
            void Add(string name, long[] shape) => parameters.Add(name, new Parameter(torch.nn.init.uniform_(torch.empty(shape), -bound, bound)));
            Add("weight_ih", [gates * hiddenSize, inputSize]);
            Add("weight_hh", [gates * hiddenSize, hiddenSize]);
            if (!bias) return;
            Add("bias_ih", [gates * hiddenSize]);
            Add("bias_hh", [gates * hiddenSize]);
        }

        internal Tensor Ih => parameters["weight_ih"];
        internal Tensor Hh => parameters["weight_hh"];
        internal Tensor? BiasIh => parameters.TryGetValue("bias_ih", out Parameter? bias) ? bias : null;
        internal Tensor? BiasHh => parameters.TryGetValue("bias_hh", out Parameter? bias) ? bias : null;

        internal Tensor Zeros(Tensor input) => torch.zeros(input.size(0), hiddenSize, input.dtype, input.device);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.GRUCell GRUCell(long inputSize, long hiddenSize, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new Modules.GRUCell(inputSize, hiddenSize, bias).MoveModule<Modules.GRUCell>(device, dtype);

            public static Modules.LSTMCell LSTMCell(long inputSize, long hiddenSize, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new Modules.LSTMCell(inputSize, hiddenSize, bias).MoveModule<Modules.LSTMCell>(device, dtype);
        }
    }
}
