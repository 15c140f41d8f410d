namespace TorchSharp.Modules
{
    public interface IParameterLessModule { }

    /// <summary>A module that has nothing to register or move.</summary>
    public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>, IParameterLessModule
    {
        protected ParameterLessModule(string name) : base(name) { }

        public override void register_buffer(string name, Tensor tensor, bool persistent = true) =>
            throw new InvalidOperationException($"Cannot register a buffer on a module that is declared 'parameter-less.'");

        public override void register_parameter(string name, Parameter param) =>
            throw new InvalidOperationException($"Cannot register a parameter on a module that is declared 'parameter-less.'");

        public override void register_module(string name, torch.nn.Module submodule) =>
            throw new InvalidOperationException($"Cannot register a module on a module that is declared 'parameter-less.'");

        protected internal override torch.nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => this;
        protected internal override torch.nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;
        protected internal override torch.nn.Module _to(ScalarType dtype, bool non_blocking) => this;
    }

    public sealed class Dropout : ParameterLessModule<Tensor, Tensor>
    {
        internal Dropout(double p, bool inplace) : base(nameof(Dropout))
        {
            this.p = p;
            this.inplace = inplace;
        }

        public double p { get; set; }
        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => torch.nn.functional.dropout(tensor, p, training, inplace);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);
        }
    }
}
