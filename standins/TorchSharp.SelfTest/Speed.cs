using System.Diagnostics;
using static TorchSharp.torch;

namespace TorchSharp.SelfTest;

/// <summary>Microseconds per small operation, and memory over a million of them.</summary>
internal static class Speed
{
    internal static void Report()
    {
        set_num_threads(1);
        using DisposeScope scope = NewDisposeScope();
        Tensor a = randn(100, 20), b = randn(100, 20), w = randn(20, 20), tracked = randn(100, 20).requires_grad_();
        Time("add 100x20", () => a + b);
        Time("add 100x20, tracked", () => tracked + b);
        Time("multiply by a number", () => a * 2.0);
        Time("matmul 100x20x20", () => a.matmul(w));
        Time("view", () => a.view(20, 100));
        Time("tanh", () => a.tanh());
        Time("shape", () => a, x => _ = x.shape);
        Memory("disposed by scopes", 100);
        Memory("left to the collector", 0);
    }

    private static void Time(string what, Func<Tensor> make, Action<Tensor>? then = null)
    {
        const int rounds = 200, each = 500;
        double best = double.MaxValue;
        for (int r = 0; r < rounds; r++)
        {
            long start = Stopwatch.GetTimestamp();
            using (DisposeScope scope = NewDisposeScope())
                for (int i = 0; i < each; i++)
                    if (then is null) make();
                    else then(make());
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / each);
        }
        Console.WriteLine($"{best,8:f2} µs  {what}");
    }

    private static void Memory(string what, int perScope)
    {
        using DisposeScope outer = NewDisposeScope();
        Tensor a = randn(100, 20);
        long before = Environment.WorkingSet, peak = before;
        for (int i = 0; i < 1_000_000;)
        {
            DisposeScope? scope = perScope > 0 ? NewDisposeScope() : null;
            for (int k = 0; k < Math.Max(perScope, 100); k++, i++)
                if (perScope > 0) _ = a + 1.0;
                else (a + 1.0).DetachFromDisposeScope();
            scope?.Dispose();
            if (i % 100_000 == 0) peak = Math.Max(peak, Environment.WorkingSet);
        }
        Console.WriteLine($"{(peak - before) / 1048576.0,8:f0} MB of growth over 10^6 operations, {what}");
    }
}
