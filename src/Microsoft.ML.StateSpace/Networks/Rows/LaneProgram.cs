using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Some layers of a network over many rows on the CPU, without gradients, a block of rows after another: what lies between what is read and
/// what is written never leaves the nearest cache.</summary>
/// <remarks>A block lies number by number (see <see cref="LaneKernels"/>). The bits of a row are those of <see cref="RowProduct"/> and
/// <see cref="RowFunctions"/>, whatever rows are beside it.</remarks>
internal sealed unsafe class LaneProgram
{
    // Below, a block is mostly empty, and layer after layer is faster.
    private const int LeastRows = 8;

    [ThreadStatic]
    private static float[]? t_memory;

    private readonly List<LaneStep> _steps = [];
    private readonly long[] _leading;
    private readonly bool _swapped;
    private readonly int _rows;
    private readonly int _particles;
    private int _size;

    /// <summary>Begins a program.</summary>
    /// <param name="rows">What it reads first, [row, ·] or [particle, row, ·].</param>
    /// <param name="first">That, in the program.</param>
    public LaneProgram(Tensor rows, out LaneValue first)
    {
        (var inOrder, _swapped) = RowPanels.InOrder(rows);
        _leading = inOrder.shape[..^1];
        int size = (int)inOrder.shape[^1];
        _particles = inOrder.dim() == 2 ? 1 : (int)inOrder.shape[_swapped ? 1 : 0];
        _rows = (int)(inOrder.numel() / size);
        first = Value(size);
        _steps.Add(new LaneRead(inOrder, first));
    }

    /// <summary>Whether it pays for this input.</summary>
    public static bool Serves(Tensor rows) => RowProduct.Serves(rows) && rows.numel() > 0
        && (rows.dim() == 3 || (rows.dim() == 2 && rows.shape[0] >= LeastRows));

    /// <summary>Numbers to be computed.</summary>
    public LaneValue Value(int size) => new((_size += size) - size, size);

    /// <summary>W x + b</summary>
    /// <param name="x">What is multiplied.</param>
    /// <param name="weight">W, [out, in]</param>
    /// <param name="bias">b, [out]</param>
    public LaneValue Product(LaneValue x, Tensor weight, Tensor? bias)
    {
        var panels = RowPanels.Of(weight, bias);
        var y = Value(panels.Outputs);
        _steps.Add(new LaneProduct(x, panels, y));
        return y;
    }

    /// <summary>Replaces a value by what a step makes of it.</summary>
    public LaneValue Then(LaneValue value, Func<LaneValue, LaneStep> step)
    {
        _steps.Add(step(value));
        return value;
    }

    /// <summary>shared + weight · tanh(value), in its place.</summary>
    /// <param name="value">y, of every row.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="shared">What particles have in common, [row, ·].</param>
    public LaneValue AddTanh(Tensor shared, double weight, LaneValue value)
    {
        _steps.Add(_swapped ? new LaneTanhSumOfNeighbours(shared.contiguous(), (float)weight, value, _particles)
            : new LaneTanhSumOfRows(LaneTanhSumOfRows.Periodic(shared), (int)shared.shape[0], (float)weight, value));
        return value;
    }

    /// <summary>A tensor that a value is written to, with the first input's leading dimensions in their order in memory.</summary>
    public Tensor Output(LaneValue value)
    {
        var output = empty([.. _leading, value.Size], ScalarType.Float32);
        _steps.Add(new LaneWrite(value, output));
        return _swapped ? output.transpose(0, 1) : output;
    }

    /// <summary>Runs over all rows.</summary>
    public void Run()
    {
        int needed = (_size + 1) * LaneKernels.Rows;
        if (t_memory is null || t_memory.Length < needed)
            t_memory = GC.AllocateArray<float>(needed, pinned: true);
        fixed (float* begin = t_memory)
        {
            // A vector across two lines of the cache costs twice.
            float* memory = (float*)(((nuint)begin + 63) & ~(nuint)63);
            for (int first = 0; first < _rows; first += LaneKernels.Rows)
                foreach (var step in _steps)
                    step.Run(memory, first, Math.Min(LaneKernels.Rows, _rows - first));
        }
    }
}

/// <summary>Numbers of every row of a block.</summary>
/// <param name="First">Where they begin.</param>
/// <param name="Size">How many of a row.</param>
internal readonly record struct LaneValue(int First, int Size)
{
    /// <summary>Some of them.</summary>
    public LaneValue Part(int start, int size) => new(First + start, size);

    /// <summary>Where they begin in a block's memory.</summary>
    public unsafe float* In(float* memory) => memory + First * LaneKernels.Rows;

    /// <summary>They in a block's memory, the empty rows' too.</summary>
    public unsafe Span<float> Of(float* memory) => new(In(memory), Size * LaneKernels.Rows);
}
