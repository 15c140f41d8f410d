using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp.Interop;

/// <summary>The managed side of a node in LibTorch's graph. It lives until the graph forgets it.</summary>
internal sealed unsafe class AutogradNode(torch.autograd.AutogradContext context, Func<List<Tensor>, List<Tensor?>> backward)
{
    internal static void Attach(Tensor[] inputs, List<Tensor> outputs, torch.autograd.AutogradContext context, Func<List<Tensor>, List<Tensor?>> backward)
    {
        GCHandle self = GCHandle.Alloc(new AutogradNode(context, backward));
        nint[] from = Array.ConvertAll(inputs, t => t.Handle), to = outputs.Select(t => t.Handle).ToArray();
        int[] differentiable = outputs.Select(o => context.NonDifferentiable.Any(n => n.handle == o.handle) ? 0 : 1).ToArray();
        fixed (nint* f = from, t = to)
        fixed (int* d = differentiable)
            Native.Check(Native.st_attach_function(f, from.Length, t, to.Length, d,
                &Run, &Forget, GCHandle.ToIntPtr(self)));
        GC.KeepAlive(inputs);
        GC.KeepAlive(outputs);
    }

    /// <summary>No exception may pass through native code: it goes on as the error that LibTorch then throws.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Run(long self, nint* grads, int count, nint* results, int resultCount)
    {
        try
        {
            var node = (AutogradNode)GCHandle.FromIntPtr((nint)self).Target!;
            using DisposeScope scope = torch.NewDisposeScope();
            var given = new List<Tensor>(count);
            for (int i = 0; i < count; i++) given.Add(grads[i] == 0 ? node.Nothing() : new Tensor(Native.st_retain(grads[i])));
            List<Tensor?> gradients = node.Backward(given);
            for (int i = 0; i < resultCount; i++) results[i] = gradients[i] is { } g ? Native.st_retain(g.Handle) : 0;
            return 0;
        }
        catch (Exception e)
        {
            fixed (byte* message = Encoding.UTF8.GetBytes(e.Message + "\0")) Native.st_set_error(message);
            return 1;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(long self)
    {
        GCHandle handle = GCHandle.FromIntPtr((nint)self);
        ((AutogradNode)handle.Target!).Dispose();
        handle.Free();
    }

    /// <summary>The gradient of an output that has no part in what is differentiated: the package fails where it is to make zeros of it.</summary>
    private Tensor Nothing() => !context.MaterializeGrads ? null! : throw new InvalidOperationException("Tensor invalid -- empty handle.");

    private List<Tensor?> Backward(List<Tensor> grads) => backward(grads);

    private void Dispose() => context.Dispose();
}
