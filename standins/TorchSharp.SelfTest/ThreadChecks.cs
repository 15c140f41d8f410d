using static TorchSharp.torch;

namespace TorchSharp.SelfTest;

/// <summary>Scopes belong to threads, and the collector may run at any moment.</summary>
internal static class ThreadChecks
{
    internal static IEnumerable<(string Name, Action Check)> All =>
    [
        ("threads do not disturb each other", Threads),
        ("numbers take part in promotion as numbers", Promotion),
        ("arrays go in and come out", Arrays),
    ];

    private static void Threads()
    {
        long before = Tensor.TotalCount;
        Parallel.For(0, 8, n =>
        {
            for (int round = 0; round < 200; round++)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor x = full([10], (double)n).requires_grad_();
                for (int i = 0; i < 20; i++) _ = x.exp() + i;
                (x * x).sum().backward();
                float grad = x.grad!.sum().item<float>();
                if (Math.Abs(grad - 20 * n) > 1e-4) throw new CheckFailedException($"gradient {grad} on thread {n}");
                if (round % 50 == 0) GC.Collect();
            }
        });
        Checks.That(Tensor.TotalCount == before, $"{Tensor.TotalCount - before} tensors are left");
    }

    private static void Promotion()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor whole = ones(2, int64), single = ones(2), twice = ones(2, float64);
        Checks.That((whole * 2).dtype == int64 && (whole * 2.5).dtype == float32 && (whole + true.ToScalar()).dtype == int64, "int64");
        Checks.That((single * 2.5).dtype == float32 && (3 / single).dtype == float32 && (1 - twice).dtype == float64, "floating point");
        Checks.That(((double)(single * 0.1 - 0.1f).abs().max()) == 0 && (double)(twice * 0.1).max() == 0.1, "values");
        Checks.That((single > 0.5).dtype == @bool && (whole / 2).dtype == float32, "comparison and division");
    }

    private static void Arrays()
    {
        using DisposeScope scope = NewDisposeScope();
        var grid = new float[,] { { 1, 2, 3 }, { 4, 5, 6 } };
        Tensor t = tensor(grid);
        Checks.That(t.shape.SequenceEqual(new long[] { 2, 3 }) && t[1, 0].item<float>() == 4, "a two-dimensional array");
        Checks.That(t.t().data<float>().ToArray().SequenceEqual([1f, 4, 2, 5, 3, 6]), "a transposed view, element by element");
        Checks.That(((float[,])t.data<float>().ToNDArray())[1, 2] == 6 && t.data<float>()[0, 2] == 3, "back to an array");
        var shared = new double[] { 1, 2, 3 };
        Tensor over = frombuffer(shared, float64);
        shared[1] = 7;
        Checks.That(over[1].item<double>() == 7, "frombuffer shares memory");
        Checks.That(from_array(grid).Equals(t) && tensor(new[] { true, false }).dtype == @bool, "from_array");
        Checks.That(tensor(new List<long> { 3, 4 }).sum().ToInt64() == 7 && t.bytes.Length == 24, "lists and bytes");
        Checks.That(t.ToString() == "[2x3], type = Float32, device = cpu", t.ToString());
    }
}
