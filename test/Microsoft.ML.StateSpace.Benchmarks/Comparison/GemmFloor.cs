using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The least that training must do: every matrix product of forward and backward in the shapes of the packed batches, and nothing
/// else. Products that need not follow one another are one for all steps, weight gradients among them.</summary>
internal abstract class GemmFloor(IReadOnlyList<BatchShape> batches, Device device) : IContender
{
    private readonly List<GemmLayer> _layers = [];
    private int _rounds;

    public string Name => "GEMM floor";

    public ContenderKind Kind => ContenderKind.Floor;

    public double? Gigaflop => _layers.Sum(l => l.Operations) / 1e9 / Math.Max(1, _rounds);

    /// <summary>Products of a round.</summary>
    public long Products => _layers.Sum(l => l.Products) / Math.Max(1, _rounds);

    public Round Run() => OwnProcess.Measure(() =>
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var batch in batches)
            Run(batch);
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
        _rounds++;
        return (null, batches.Sum(b => b.Steps));
    });

    public void Dispose()
    {
    }

    /// <summary>The products of one update.</summary>
    protected abstract void Run(BatchShape batch);

    /// <summary>A layer of the model.</summary>
    /// <param name="inputs">Numbers that it reads.</param>
    /// <param name="outputs">Numbers that it gives.</param>
    /// <param name="particles">Rows for each row of a batch.</param>
    protected GemmLayer Layer(long inputs, long outputs, int particles = 1)
    {
        long capacity = particles * batches.Max(b => b.Steps);
        GemmLayer layer = device.type == DeviceType.CPU ? new BlasLayer(inputs, outputs, capacity) : new DeviceLayer(inputs, outputs, capacity, device);
        _layers.Add(layer);
        return layer;
    }
}

/// <summary>How a batch is packed.</summary>
/// <param name="Active">Rows running at each step.</param>
internal sealed record BatchShape(int[] Active)
{
    private readonly long[] _starts = [.. Active.Select((_, t) => Active.Take(t).Sum(n => (long)n))];

    /// <summary>S, the steps of all rows.</summary>
    public long Steps => _starts[^1] + Active[^1];

    /// <summary>The place of step <paramref name="step"/> in packed rows, and how many rows it has.</summary>
    public (long Start, long Rows) At(int step, int particles = 1) => (_starts[step] * particles, (long)Active[step] * particles);

    /// <summary>Of sequences of these lengths.</summary>
    public static BatchShape Of(IEnumerable<int> lengths)
    {
        int[] all = [.. lengths];
        return new BatchShape([.. Enumerable.Range(0, all.Max()).Select(t => all.Count(length => length > t))]);
    }
}
