using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>What a dispose scope can hold: tensors and packed sequences. The index is the place in the owner's list.</summary>
internal interface IScoped : IDisposable
{
    DisposeScope? OwningDisposeScope { get; set; }
    int ScopeIndex { get; set; }
}

/// <summary>Owns what was made on this thread since the scope was opened, and disposes it at the end.</summary>
public sealed class DisposeScope : IDisposable
{
    private readonly List<IScoped> items = [];
    private DisposeScopeManager? manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        this.manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    internal DisposeScope? OuterScope { get; set; }

    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            ThrowIfDisposed();
            return items.ToArray();
        }
    }

    public int DisposablesCount
    {
        get
        {
            ThrowIfDisposed();
            return items.Count;
        }
    }

    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        MoveToOther(OuterScope, [disposable]);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable
    {
        MoveToOther(OuterScope, [first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        MoveToOther(OuterScope, [first, second, third]);
        return (first, second, third);
    }

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, (IEnumerable<IDisposable>)disposables);
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        MoveToOther(scope, [disposable]);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable
    {
        MoveToOther(scope, [first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        MoveToOther(scope, [first, second, third]);
        return (first, second, third);
    }

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) =>
        MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        ThrowIfDisposed();
        foreach (IDisposable disposable in disposables) Move(disposable, scope);
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        MoveToOther(null, [disposable]);
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable
    {
        MoveToOther(null, [first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        MoveToOther(null, [first, second, third]);
        return (first, second, third);
    }

    public void Detach(params IDisposable[] disposables) => MoveToOther(null, (IEnumerable<IDisposable>)disposables);
    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    public void Attach(IDisposable disposable) => Attach((IEnumerable<IDisposable>)[disposable]);
    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        ThrowIfDisposed();
        var attached = new List<IDisposable>();
        foreach (IDisposable disposable in disposables)
        {
            if (disposable is not IScoped scoped)
                throw new InvalidOperationException("DisposeScope can only manage Tensor or PackedSequence");
            if (scoped.OwningDisposeScope != this)
            {
                scoped.OwningDisposeScope?.Remove(scoped);
                Add(scoped);
            }
            attached.Add(disposable);
        }
        return attached;
    }

    public void DisposeEverything() => DisposeEverythingBut((IEnumerable<IDisposable>)[]);

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        ThrowIfDisposed();
        IScoped[] kept = inKeep.OfType<IScoped>().Where(k => k.OwningDisposeScope == this).Distinct().ToArray();
        foreach (IScoped scoped in kept) Remove(scoped);
        while (items.Count > 0)
        {
            IScoped scoped = items[^1];
            scoped.Dispose();
            if (scoped.OwningDisposeScope == this) Remove(scoped);
        }
        foreach (IScoped scoped in kept) Add(scoped);
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }

    public void Dispose()
    {
        if (manager is null) return;
        DisposeEverything();
        manager.RemoveDisposeScope(this);
        manager = null;
    }

    public void MarkAsDisposed(IDisposable disposable)
    {
        ThrowIfDisposed();
        if (disposable is IScoped scoped && scoped.OwningDisposeScope == this) Remove(scoped);
    }

    public bool Contains(IDisposable disposable) => disposable is IScoped scoped && scoped.OwningDisposeScope == this;

    /// <summary>Takes an item in.</summary>
    /// <exception cref="ObjectDisposedException">The scope is over. The package takes the item, and ends the process when it is collected.</exception>
    internal void Add(IScoped scoped)
    {
        ThrowIfDisposed();
        scoped.OwningDisposeScope = this;
        scoped.ScopeIndex = items.Count;
        items.Add(scoped);
    }

    /// <summary>Takes an item out in constant time: the last one moves into its place.</summary>
    internal void Remove(IScoped scoped)
    {
        int index = scoped.ScopeIndex, last = items.Count - 1;
        if (index != last)
        {
            IScoped moved = items[last];
            items[index] = moved;
            moved.ScopeIndex = index;
        }
        items.RemoveAt(last);
        scoped.OwningDisposeScope = null;
    }

    internal void Move(IDisposable disposable, DisposeScope? scope)
    {
        if (disposable is not IScoped scoped || scoped.OwningDisposeScope != this) return;
        // The package would take it out, and end the process when it is collected.
        if (scope == this) throw new InvalidOperationException("The tensor is in this scope already.");
        Remove(scoped);
        scope?.Add(scoped);
    }

    /// <summary>Gives the place of one tensor to another.</summary>
    internal static void ReplaceWith(Tensor original, Tensor replacement)
    {
        if (original.OwningDisposeScope is not { } scope) return;
        scope.Remove(original);
        scope.Add(replacement);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(manager is null, this);
}
