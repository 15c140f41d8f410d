using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>A layer's weight and bias as <see cref="RowProduct"/> reads them: in panels of as many outputs as a vector holds.</summary>
/// <remarks>The last panel of a layer that does not fill it begins earlier and repeats outputs of the one before; a layer of fewer
/// outputs than a vector holds has zeros behind them.</remarks>
internal sealed class RowPanels
{
    [ThreadStatic]
    private static PanelStore? t_kept;

    private readonly Tensor? _bias;

    private RowPanels(Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        _bias = bias;
        (Outputs, Inputs) = ((int)weight.shape[0], (int)weight.shape[1]);
        Count = (Outputs + Width - 1) / Width;
        Weights = new float[Count * Inputs * Width];
        Bias = new float[Count * Width];
        var from = Numbers(weight.contiguous());
        var constants = bias is null ? [] : Numbers(bias.contiguous());
        for (int panel = 0, lanes = Math.Min(Width, Outputs); panel < Count; panel++)
        {
            int first = FirstOutput(panel);
            if (bias is not null)
                constants.Slice(first, lanes).CopyTo(Bias.AsSpan(panel * Width));
            Transpose(from.Slice(first * Inputs, lanes * Inputs), Inputs, Weights.AsSpan(panel * Inputs * Width, Inputs * Width));
        }
    }

    /// <summary>[lane, in] to [in, <see cref="Width"/>], of at most so many lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transpose(ReadOnlySpan<float> rows, int inputs, Span<float> panel)
    {
        int lanes = rows.Length / inputs;
        for (int k = 0, to = 0; k < inputs; k++, to += Width)
            for (int lane = 0, at = k; lane < lanes; lane++, at += inputs)
                panel[to + lane] = rows[at];
    }

    /// <summary>Outputs of a panel.</summary>
    public const int Width = PanelKernels.Width;

    /// <summary>Numbers that the layer reads.</summary>
    public int Inputs { get; }

    /// <summary>Numbers that it gives.</summary>
    public int Outputs { get; }

    /// <summary>The panels.</summary>
    public int Count { get; }

    /// <summary>[panel, in, <see cref="Width"/>]</summary>
    public float[] Weights { get; }

    /// <summary>[panel, <see cref="Width"/>]</summary>
    public float[] Bias { get; }

    /// <summary>The first output of a panel.</summary>
    public int FirstOutput(int panel) => Math.Max(0, Math.Min(panel * Width, Outputs - Width));

    /// <summary>The panels of a layer: those kept, else new ones.</summary>
    /// <param name="weight">[out, in], on the CPU in float32.</param>
    /// <param name="bias">[out]; null: none.</param>
    public static RowPanels Of(Tensor weight, Tensor? bias)
    {
        var kept = t_kept is null || weight is not Parameter ? null : t_kept.Of(weight, () => new RowPanels(weight, bias));
        return kept is not null && ReferenceEquals(kept._bias, bias) ? kept : new RowPanels(weight, bias);
    }

    /// <summary>Keeps the panels of parameters that are made on this thread until the result is disposed.</summary>
    /// <param name="store">Where they stay, while no weight changes.</param>
    public static KeptScope Keep(PanelStore store)
    {
        var before = new KeptScope(t_kept);
        t_kept = store;
        return before;
    }

    /// <summary>A tensor in the order of its memory: [particle, row, ·] itself, or, swapped, [row, particle, ·]; a copy where there are gaps.</summary>
    internal static (Tensor Rows, bool Swapped) InOrder(Tensor tensor)
    {
        if (tensor.is_contiguous() || tensor.dim() != 3)
            return (tensor.contiguous(), false);
        var swapped = tensor.transpose(0, 1);
        return swapped.is_contiguous() ? (swapped, true) : (tensor.contiguous(), false);
    }

    /// <summary>The numbers of a contiguous tensor on the CPU.</summary>
    internal static Span<float> Numbers(Tensor tensor) => tensor.numel() == 0 ? [] : MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>Puts back what held before <see cref="Keep"/>.</summary>
    internal readonly struct KeptScope(PanelStore? before) : IDisposable
    {
        public void Dispose() => t_kept = before;
    }
}

/// <summary>Panels of parameters that do not change, for any threads.</summary>
internal sealed class PanelStore
{
    private readonly ConcurrentDictionary<Tensor, RowPanels> _panels = new(ReferenceEqualityComparer.Instance);

    /// <summary>Those of a weight, made the first time.</summary>
    public RowPanels Of(Tensor weight, Func<RowPanels> make) => _panels.GetOrAdd(weight, _ => make());
}
