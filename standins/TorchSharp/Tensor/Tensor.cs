using System.Diagnostics.CodeAnalysis;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of LibTorch. It owns one native reference until disposed or collected.</summary>
    public unsafe partial class Tensor : IDisposable, IScoped
    {
        private static long totalCount;
        private static long peakCount;

        internal nint handle;
        private readonly long bytesHeld;

        internal Tensor(nint handle, long bytesHeld = 0, bool register = true)
        {
            this.handle = handle;
            this.bytesHeld = bytesHeld;
            long count = Interlocked.Increment(ref totalCount);
            if (count > peakCount) peakCount = count;
            NativeMemory.Add(bytesHeld);
            if (register) DisposeScopeManager.ThreadSingleton.CurrentDisposeScope?.Add(this);
        }

        ~Tensor() => Dispose(false);

        public static long TotalCount => totalCount;

        public static long PeakCount => peakCount;

        /// <exception cref="InvalidOperationException">The tensor was disposed.</exception>
        public nint Handle
        {
            get
            {
                if (handle == 0) ThrowInvalid();
                return handle;
            }
        }

        public bool IsInvalid => handle == 0;

        public string? name { get; set; }

        internal DisposeScope? OwningDisposeScope { get; set; }
        DisposeScope? IScoped.OwningDisposeScope { get => OwningDisposeScope; set => OwningDisposeScope = value; }
        int IScoped.ScopeIndex { get; set; }

        /// <summary>A tensor that never had a handle.</summary>
        internal static Tensor Without()
        {
            var none = new Tensor(0, register: false);
            Interlocked.Decrement(ref totalCount);
            GC.SuppressFinalize(none);
            return none;
        }

        public static Tensor UnsafeCreateTensor(nint handle) => new(handle);

        public nint DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            nint decoupled = Handle;
            Forget();
            return decoupled;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (handle == 0) return;
            if (disposing) OwningDisposeScope?.MarkAsDisposed(this);
            nint released = handle;
            Forget();
            Native.st_release(released);
        }

        /// <summary>Moves the tensor to the scope around its own; without one it belongs to no scope any more.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            if (OwningDisposeScope is { } scope) scope.Move(this, scope.OuterScope);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Move(this, null);
            return this;
        }

        [Obsolete("The method name misspells 'Detach.' Use 'DetachFromDisposeScope' instead.", false)]
        public Tensor DetatchFromDisposeScope() => DetachFromDisposeScope();

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is { } scope) scope.Move(this, other);
            else other?.Add(this);
            return this;
        }

        public bool Equals(Tensor target) => target is not null && Aten.equal.CallBool(this, target);

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        /// <summary>Takes the native reference away, as a parameter does with the tensor that it is made of.</summary>
        internal nint MoveHandle()
        {
            nint moved = Handle;
            Forget();
            return moved;
        }

        internal long BytesHeld => bytesHeld;

        private void Forget()
        {
            handle = 0;
            Interlocked.Decrement(ref totalCount);
            NativeMemory.Remove(bytesHeld);
        }

        [DoesNotReturn]
        private static void ThrowInvalid() => throw new InvalidOperationException("Tensor invalid -- empty handle.");
    }
}
