namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            public static partial class rnn
            {
                /// <summary>Sequences of different lengths without padding, step by step, the longest first.</summary>
                public sealed class PackedSequence : IDisposable, IScoped
                {
                    public readonly Tensor data;
                    public readonly Tensor batch_sizes;
                    public readonly Tensor sorted_indices;
                    public readonly Tensor unsorted_indices;
                    private bool disposed;

                    internal PackedSequence(Tensor data, Tensor batchSizes, Tensor sortedIndices, Tensor unsortedIndices)
                    {
                        this.data = data.DetachFromDisposeScope();
                        batch_sizes = batchSizes.DetachFromDisposeScope();
                        sorted_indices = sortedIndices?.DetachFromDisposeScope()!;
                        unsorted_indices = unsortedIndices?.DetachFromDisposeScope()!;
                        DisposeScopeManager.ThreadSingleton.CurrentDisposeScope?.Add(this);
                    }

                    internal DisposeScope? OwningDisposeScope { get; set; }
                    DisposeScope? IScoped.OwningDisposeScope { get => OwningDisposeScope; set => OwningDisposeScope = value; }
                    int IScoped.ScopeIndex { get; set; }

                    public void Dispose()
                    {
                        if (disposed) return;
                        disposed = true;
                        OwningDisposeScope?.MarkAsDisposed(this);
                        data.Dispose();
                        batch_sizes.Dispose();
                        sorted_indices?.Dispose();
                        unsorted_indices?.Dispose();
                    }

                    public PackedSequence MoveToOuterDisposeScope()
                    {
                        if (OwningDisposeScope is { } scope) scope.Move(this, scope.OuterScope);
                        return this;
                    }

                    public PackedSequence DetachFromDisposeScope()
                    {
                        OwningDisposeScope?.Move(this, null);
                        return this;
                    }

                    public PackedSequence MoveToOtherDisposeScope(PackedSequence other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

                    public PackedSequence MoveToOtherDisposeScope(DisposeScope? other)
                    {
                        if (OwningDisposeScope is { } scope) scope.Move(this, other);
                        else other?.Add(this);
                        return this;
                    }

                    /// <summary>The same sequences with other data.</summary>
                    internal PackedSequence With(Tensor newData) =>
                        new(newData, batch_sizes.alias(), sorted_indices?.alias()!, unsorted_indices?.alias()!);

                    /// <summary>A hidden state `[layer, batch, hidden]` in the order of the packed sequences, and back.</summary>
                    internal Tensor Sort(Tensor hidden) => sorted_indices is null ? hidden : hidden.index_select(1, sorted_indices);
                    internal Tensor Unsort(Tensor hidden) => unsorted_indices is null ? hidden : hidden.index_select(1, unsorted_indices);
                }
            }
        }
    }
}
