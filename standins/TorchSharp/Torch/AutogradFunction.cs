namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>A differentiable function with a backward of its own.</summary>
        public abstract class Function<T> where T : Function<T>, new()
        {
            private static readonly T Instance = new();

            public abstract string Name { get; }

            public static List<Tensor> apply_internal(params object[] vars)
            {
                Tensor[] inputs = vars.OfType<Tensor>().Where(t => !t.IsInvalid).ToArray();
                bool recorded = is_grad_enabled() && inputs.Any(t => t.requires_grad);
                var context = new AutogradContext();
                List<Tensor> outputs;
                using (no_grad()) outputs = Instance.Forward(context, vars);
                for (int i = 0; i < outputs.Count; i++)
                    if (outputs[i].requires_grad || inputs.Any(t => t.handle == outputs[i].handle)) outputs[i] = outputs[i].detach();
                if (!recorded)
                {
                    context.Dispose();
                    return outputs;
                }
                context.Save(outputs);
                bool[] isTensor = Array.ConvertAll(vars, v => v is Tensor { IsInvalid: false });
                AutogradNode.Attach(inputs, outputs, context, grads => Instance.Gradients(context, grads, isTensor));
                return outputs;
            }

            internal abstract List<Tensor> Forward(AutogradContext context, object[] vars);
            internal abstract List<Tensor> Backward(AutogradContext context, List<Tensor> gradOutputs);

            /// <summary>The gradients of the tensors among the arguments; those of the others must be missing (the exceptions are the package's).</summary>
            private List<Tensor?> Gradients(AutogradContext context, List<Tensor> gradOutputs, bool[] isTensor)
            {
                List<Tensor> all = Backward(context, gradOutputs);
                if (all.Count < isTensor.Length || all.Skip(isTensor.Length).Any(g => g is not null))
                    throw new NotImplementedException($"Function {Name} returned an incorrect number of gradients (expected {isTensor.Length}), got {all.Count}");
                var wanted = new List<Tensor?>();
                for (int i = 0; i < isTensor.Length; i++)
                    if (isTensor[i]) wanted.Add(all[i]);
                    else if (all[i] is not null)
                        throw new NotImplementedException($"Function {Name} returned a gradient at position {i + 1}, but the corresponding forward input was not a Tensor");
                return wanted;
            }
        }

        public abstract class SingleTensorFunction<T> : Function<T> where T : SingleTensorFunction<T>, new()
        {
            public static Tensor apply(params object[] vars) => apply_internal(vars)[0];

            public abstract Tensor forward(AutogradContext ctx, params object[] vars);
            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            internal sealed override List<Tensor> Forward(AutogradContext context, object[] vars) => [forward(context, vars)];
            internal sealed override List<Tensor> Backward(AutogradContext context, List<Tensor> gradOutputs) => backward(context, gradOutputs[0]);
        }

        public abstract class MultiTensorFunction<T> : Function<T> where T : MultiTensorFunction<T>, new()
        {
            public static List<Tensor> apply(params object[] vars) => apply_internal(vars);

            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);
            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            internal sealed override List<Tensor> Forward(AutogradContext context, object[] vars) => forward(context, vars);
            internal sealed override List<Tensor> Backward(AutogradContext context, List<Tensor> gradOutputs) => backward(context, gradOutputs);
        }
    }
}
