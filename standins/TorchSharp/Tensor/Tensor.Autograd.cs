namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public bool is_leaf => Native.st_is_leaf(Handle) != 0;

        public bool requires_grad
        {
            get => Native.st_requires_grad(Handle) != 0;
            set
            {
                Native.Check(Native.st_set_requires_grad(Handle, value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad()
        {
            Native.Check(Native.st_retain_grad(Handle));
            GC.KeepAlive(this);
        }

        /// <summary>The accumulated gradient, a new tensor object at each call, or null.</summary>
        public Tensor? grad
        {
            get
            {
                nint result;
                Native.Check(Native.st_grad(Handle, &result));
                GC.KeepAlive(this);
                return result == 0 ? null : new Tensor(result);
            }
            set
            {
                Native.Check(Native.st_set_grad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(value);
                GC.KeepAlive(this);
            }
        }

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach() => Aten.detach.Call(this);
    }
}
