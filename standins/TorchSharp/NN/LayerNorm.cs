using TorchSharp.Utils;

namespace TorchSharp.Modules
{
    /// <summary>Normalizes over the last dimensions.</summary>
    public sealed class LayerNorm : torch.nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))] private Parameter? ownWeight;
        [ComponentName(Name = nameof(bias))] private Parameter? ownBias;

        internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, Device? device, ScalarType? dtype) : base(nameof(LayerNorm))
        {
            this.normalized_shape = normalized_shape;
            this.eps = eps;
            this.elementwise_affine = elementwise_affine;
            if (!elementwise_affine) return;
            weight = torch.empty(normalized_shape, dtype, device).AsParameter();
            if (bias) this.bias = torch.empty(normalized_shape, dtype, device).AsParameter();
            reset_parameters();
        }

        public long[] normalized_shape { get; set; }
        public double eps { get; set; }
        public bool elementwise_affine { get; set; }

        public Parameter? weight
        {
            get => ownWeight;
            set
            {
                ownWeight?.Dispose();
                ownWeight = (Parameter?)value?.DetachFromDisposeScope();
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

        public void reset_parameters()
        {
            if (ownWeight is not null) torch.nn.init.ones_(ownWeight);
            if (ownBias is not null) torch.nn.init.zeros_(ownBias);
        }

        public override Tensor forward(Tensor tensor) => torch.nn.functional.layer_norm(tensor, normalized_shape, ownWeight, ownBias, eps);

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
            public static Modules.LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static Modules.LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);
        }
    }
}
