using static TorchSharp.torch;

namespace TorchSharp.SelfTest;

/// <summary>Who disposes what.</summary>
internal static class ScopeChecks
{
    internal static IEnumerable<(string Name, Action Check)> All =>
    [
        ("a scope disposes what was made in it", Disposes),
        ("tensors move to the outer scope, or out of all", Moves),
        ("everything but what is kept goes", Keeps),
        ("in-place operators return their tensor", InPlace),
        ("a parameter takes the place of its tensor", Parameters),
        ("generators repeat themselves", Generators),
        ("what the package rejects is rejected", Rejections),
    ];

    private static void Disposes()
    {
        long before = Tensor.TotalCount;
        Tensor a, b;
        using (DisposeScope outer = NewDisposeScope())
        {
            a = ones(3);
            using (DisposeScope inner = NewDisposeScope())
            {
                b = a + 1;
                Checks.That(inner.DisposablesCount == 1, "the inner scope holds one tensor");
            }
            Checks.That(b.IsInvalid && !a.IsInvalid, "the inner scope disposes its own only");
            Checks.That(outer.DisposablesCount == 1, "the outer scope holds one tensor");
        }
        Checks.That(a.IsInvalid, "the outer scope disposes");
        Checks.That(Tensor.TotalCount == before, "no tensor is left");
    }

    private static void Moves()
    {
        using DisposeScope outer = NewDisposeScope();
        Tensor moved, detached;
        using (DisposeScope inner = NewDisposeScope())
        {
            moved = ones(2).MoveToOuterDisposeScope();
            detached = ones(2).DetachFromDisposeScope();
            Checks.That(inner.DisposablesCount == 0 && outer.Contains(moved) && !outer.Contains(detached), "where they belong");
        }
        Checks.That(!moved.IsInvalid && !detached.IsInvalid, "both live on");
        outer.Dispose();
        Checks.That(moved.IsInvalid && !detached.IsInvalid, "the moved one goes with the outer scope");
        detached.Dispose();
        Checks.That(detached.IsInvalid, "disposed by hand");
    }

    private static void Keeps()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = ones(2), b = a + 1, c = b + 1;
        b.Dispose();
        scope.DisposeEverythingBut(c);
        Checks.That(a.IsInvalid && b.IsInvalid && !c.IsInvalid && scope.DisposablesCount == 1, "only c stays");
    }

    private static void InPlace()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = zeros(2);
        Checks.That(ReferenceEquals(x.add_(1), x) && ReferenceEquals(x.mul_(3), x) && scope.DisposablesCount == 1, "the same object");
        Tensor zeroed = x.zero_();
        Checks.That(!ReferenceEquals(zeroed, x) && x.sum().item<float>() == 0, "zero_ returns another object over the same data");
    }

    private static void Parameters()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor data = ones(2);
        var parameter = new Modules.Parameter(data);
        Checks.That(data.IsInvalid && scope.Contains(parameter) && parameter.requires_grad, "the parameter is in the scope");
        using var linear = nn.Linear(3, 2);
        Checks.That(!scope.Contains(linear.weight) && linear.parameters().Count() == 2, "module parameters belong to no scope");
    }

    private static void Generators()
    {
        using DisposeScope scope = NewDisposeScope();
        using var a = new Generator(11);
        using var b = new Generator(11);
        Tensor x = randn(5, generator: a), y = randn(5, generator: b);
        Checks.Near(x, y, 0, "the same seed");
        Tensor state = a.get_state();
        Tensor u = empty(4).uniform_(0, 1, a);
        a.set_state(state);
        Checks.Near(empty(4).uniform_(0, 1, a), u, 0, "the same state");
        Checks.Near(randperm(6, generator: a.manual_seed(3)).@float(), randperm(6, generator: b.manual_seed(3)).@float(), 0, "randperm");
        Checks.That((randn(5, generator: a) - x).abs().sum().item<float>() > 0, "other numbers later");
    }

    private static void Rejections()
    {
        using DisposeScope scope = NewDisposeScope();
        Throws<ArgumentException>(() => ones(2).item<float>(), "item of two elements");
        Throws<ArgumentException>(() => ones(1).item<double>(), "item of another type");
        Throws<System.Runtime.InteropServices.ExternalException>(() => ones(2) + ones(3), "shapes that do not match");
        Tensor gone = ones(1);
        gone.Dispose();
        Throws<InvalidOperationException>(() => gone + 1, "a disposed tensor");
    }

    private static void Throws<T>(Func<object> action, string what) where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            return;
        }
        throw new CheckFailedException($"{what} did not throw {typeof(T).Name}");
    }
}
