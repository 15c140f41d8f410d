namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What the forward of a function leaves for its backward.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> savedData = [];
            private List<Tensor> toSave = [];
            private Tensor?[] saved = [];

            internal AutogradContext() { }

            public bool MaterializeGrads { get; private set; } = true;
            internal List<Tensor> NonDifferentiable { get; private set; } = [];

            public void save_for_backward(List<Tensor> tensors) => toSave = tensors;
            public void save_data(string key, object value) => savedData[key] = value;
            public object? get_data(string key) => savedData.GetValueOrDefault(key);
            public void mark_non_differentiable(List<Tensor> tensors) => NonDifferentiable = tensors.ToList();
            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            /// <summary>The saved tensors, new objects at each call.</summary>
            public List<Tensor> get_saved_variables() => saved.Select(s => s is null ? null! : new Tensor(Native.st_retain(s.Handle))).ToList();

            /// <summary>
            /// Takes references of its own to what was saved. Outputs are saved without their history, which leads back here and
            /// would keep the graph alive for ever.
            /// </summary>
            internal void Save(IReadOnlyList<Tensor> outputs) => saved = toSave
                .Select(s => s is null || s.IsInvalid ? null
                    : outputs.Any(o => o.handle == s.handle) ? s.detach().DetachFromDisposeScope()
                    : new Tensor(Native.st_retain(s.Handle), register: false))
                .ToArray();

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (disposing)
                    foreach (Tensor? tensor in saved) tensor?.Dispose();
            }
        }
    }
}
