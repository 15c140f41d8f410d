namespace TorchSharp.Modules
{
    /// <summary>A tensor that a module trains. It takes over the handle of the tensor it is made of, which becomes empty.</summary>
    public class Parameter : torch.Tensor
    {
        public Parameter(Tensor data, bool requires_grad = true)
            : base(data.with_requires_grad(requires_grad).MoveHandle(), data.BytesHeld, false) =>
            DisposeScope.ReplaceWith(data, this);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
