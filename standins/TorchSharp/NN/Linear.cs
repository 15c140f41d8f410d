using TorchSharp.Utils;

namespace TorchSharp.Modules
{
    /// <summary>x Wᵀ + b, with W `[out, in]`.</summary>
    public sealed class Linear : torch.nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))] private Parameter? ownWeight;
        [ComponentName(Name = nameof(bias))] private Parameter? ownBias;

        internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
        {
            in_features = weight.shape[1];
            out_features = weight.shape[0];
            this.weight = weight;
            if (bias is not null) this.bias = bias;
        }

        internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype) : base(nameof(Linear))
        {
            in_features = inputSize;
            out_features = outputSize;
            weight = torch.empty(outputSize, inputSize, dtype, device).AsParameter();
            torch.nn.init.kaiming_uniform_(weight, a: Math.Sqrt(5));
            if (!hasBias) return;
            bias = torch.empty(outputSize, dtype, device).AsParameter();
            double bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
            torch.nn.init.uniform_(bias, -bound, bound);
        }

        public long in_features { get; set; }
        public long out_features { get; set; }

        public Parameter weight
        {
            get => ownWeight!;
            set
            {
                if (ownWeight is not null && value.Handle == ownWeight.handle) return;
                ownWeight?.Dispose();
                ownWeight = (Parameter)value.DetachFromDisposeScope();
                ConditionallyRegisterParameter(nameof(weight), ownWeight);
            }
        }

        public Parameter? bias
        {
            get => ownBias;
            set
            {
                ownBias?.Dispose();
                ownBias = (Parameter?)value?.DetachFromDisposeScope();
                ConditionallyRegisterParameter(nameof(bias), ownBias);
            }
        }

        public override Tensor forward(Tensor tensor) => torch.nn.functional.linear(tensor, ownWeight!, ownBias);

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            ownWeight?.Dispose();
            ownBias?.Dispose();
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static Modules.Linear Linear(Modules.Parameter weight, Modules.Parameter? bias = null) => new(weight, bias);

            public static partial class functional
            {
                public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Aten.linear.Call(input, weights, bias);
            }
        }
    }
}
