namespace TorchSharp;

public static partial class torch
{
    public static unsafe partial class autograd
    {
        /// <summary>
        /// Gradients of the sum of <paramref name="outputs"/> with respect to <paramref name="inputs"/>, in their order; a tensor without a
        /// handle (with <paramref name="allow_unused"/>) where an input has no influence.
        /// </summary>
        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null,
            bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            nint[] from = Handles(outputs), to = Handles(inputs), grads = Handles(grad_outputs);
            var results = new NativeResult[to.Length];
            fixed (nint* f = from, t = to, g = grads)
            fixed (NativeResult* r = results)
                Native.Check(Native.st_gradients(f, from.Length, t, to.Length, g, grads.Length,
                    retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, r));
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return results.Select(r => r.Value == 0 ? Tensor.Without() : new Tensor((nint)r.Value, r.Bytes)).ToList();
        }

        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null)
        {
            nint[] from = Handles(tensors), grads = Handles(grad_tensors), to = Handles(inputs);
            fixed (nint* f = from, g = grads, t = to)
                Native.Check(Native.st_backward(f, from.Length, g, grads.Length, retain_graph ?? create_graph ? 1 : 0,
                    create_graph ? 1 : 0, t, to.Length));
            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        private static nint[] Handles(IList<Tensor>? tensors)
        {
            if (tensors is null) return [];
            var handles = new nint[tensors.Count];
            for (int i = 0; i < handles.Length; i++) handles[i] = tensors[i]?.Handle ?? 0;
            return handles;
        }
    }
}
