using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales gradients in place so that their joint norm is at most <paramref name="max_norm"/>; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable untracked = no_grad();
                Tensor[] grads = tensors.Select(t => t.grad).OfType<Tensor>().ToArray();
                if (grads.Length == 0) return 0;
                Device device = grads[0].device;
                Tensor total = double.IsPositiveInfinity(norm_type)
                    ? stack(grads.Select(g => g.abs().max().to(device))).max()
                    : stack(grads.Select(g => linalg.vector_norm(g, norm_type).to(device))).norm((float)norm_type);
                double before = total.ToDouble();
                double factor = max_norm / (before + 1e-6);
                if (factor < 1)
                    foreach (Tensor grad in grads) grad.mul_(factor);
                return before;
            }

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable untracked = no_grad();
                foreach (Parameter parameter in tensors) parameter.grad?.clamp_(-clip_value, clip_value);
            }

            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using DisposeScope scope = NewDisposeScope();
                return cat(tensors.Select(t => t.view(-1)).ToArray()).MoveToOuterDisposeScope();
            }

            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable untracked = no_grad();
                long at = 0;
                foreach (Parameter parameter in tensors)
                {
                    long count = parameter.numel();
                    parameter.copy_(vec.narrow(0, at, count).view_as(parameter));
                    at += count;
                }
            }
        }
    }
}
