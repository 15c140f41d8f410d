using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A value of every row of a tape and its gradient, [S·N, d], or some columns of one.</summary>
internal sealed class TapeValue : ITapeSource
{
    private readonly ScanTape _tape;
    private readonly TapeValue? _whole;
    private readonly long _from;
    private readonly List<TapeValue> _columns = [];
    private Tensor? _all, _gradient;
    private Tensor[]? _steps, _gradients;
    private nint _address, _gradientAddress;

    /// <summary>A value of its own.</summary>
    public TapeValue(ScanTape tape, Tensor all, bool isGiven = false) => (_tape, _all, Size, IsGiven) = (tape, all, all.shape[1], isGiven);

    private TapeValue(TapeValue whole, long from, long size) => (_tape, _whole, _from, Size) = (whole._tape, whole, from, size);

    /// <inheritdoc/>
    public long Size { get; }

    /// <summary>Whether it comes with each step, and no gradient is asked for.</summary>
    public bool IsGiven { get; }

    /// <summary>The numbers of all rows.</summary>
    public Tensor All => _all ??= _tape.Keep(_whole!.All.narrow(1, _from, Size));

    /// <summary>The gradient of all rows.</summary>
    public Tensor Gradient => _gradient ??= _tape.Keep(_whole is null ? zeros_like(All) : _whole.Gradient.narrow(1, _from, Size));

    /// <summary>Some of its columns, in the same memory.</summary>
    public TapeValue Columns(long from, long size)
    {
        var columns = new TapeValue(this, from, size);
        Whole._columns.Add(columns);
        return columns;
    }

    /// <inheritdoc/>
    public Tensor At(int step) => (_steps ??= _tape.StepsOf(All))[step];

    /// <summary>The gradient of a step's rows.</summary>
    public Tensor GradientAt(int step) => (_gradients ??= _tape.StepsOf(Gradient))[step];

    /// <summary>A row's numbers, where <see cref="ScanTape.InMemory"/>.</summary>
    public unsafe Span<T> Row<T>(long row) where T : unmanaged => new((T*)Address + row * Whole.Size + Column, (int)Size);

    /// <summary>The gradient of a row.</summary>
    public unsafe Span<T> GradientRow<T>(long row) where T : unmanaged => new((T*)GradientAddress + row * Whole.Size + Column, (int)Size);

    /// <summary>Where a row begins in memory.</summary>
    public nint RowAddress(long row) => Address + (nint)((row * Whole.Size + Column) * All.ElementSize);

    /// <summary>Where a row's gradient begins in memory.</summary>
    public nint GradientRowAddress(long row) => GradientAddress + (nint)((row * Whole.Size + Column) * All.ElementSize);

    /// <inheritdoc/>
    public int RowsAt(int step, Span<nint> rows)
    {
        int count = (int)_tape.RowsOf(step);
        Fill(RowAddress(_tape.FirstRow(step)), count, rows);
        return count;
    }

    /// <inheritdoc/>
    public bool GradientRowsAt(int step, Span<nint> rows, out int count)
    {
        count = (int)_tape.RowsOf(step);
        Fill(GradientRowAddress(_tape.FirstRow(step)), count, rows);
        return true;
    }

    /// <summary>Where neighbouring rows begin, the first of which is known.</summary>
    internal void Fill(nint first, int count, Span<nint> rows)
    {
        nint stride = (nint)(Whole.Size * All.ElementSize);
        for (int i = 0; i < count; i++)
            rows[i] = first + i * stride;
    }

    /// <inheritdoc/>
    public void AddProduct(int step, Tensor gradient, Tensor weight) => GradientAt(step).addmm_(gradient, weight);

    /// <inheritdoc/>
    public Tensor OfWeights(Tensor ofProducts) => ofProducts.t().mm(All);

    /// <summary>Begins with what the data bring to each row, [S, d], all particles alike.</summary>
    public void StartFromRows(TapeInput input)
    {
        using var guard = no_grad();
        if (_tape.Particles == 1)
        {
            All.copy_(input.Value);
            IsStartOf(input);
            return;
        }
        All.view(-1, _tape.Particles, Size).copy_(input.Value.unsqueeze(1));
        _tape.Add(new TapeStart(gradient => gradient.view(-1, _tape.Particles, Size).sum(1), this, input));
    }

    /// <summary>Says that it began with the numbers of an input of its own shape.</summary>
    public void IsStartOf(TapeInput input) => _tape.Add(new TapeStart(gradient => gradient, this, input));

    /// <summary>Begins with the same numbers for every row, [d].</summary>
    public void StartFrom(TapeInput input) => _tape.Start(this, input);

    internal void StartGradient(Tensor gradient) => Gradient.add_(gradient);

    internal void Restore(Tensor kept)
    {
        Forget();
        _all = kept;
        foreach (var columns in _columns)
            columns.Forget();
    }

    private TapeValue Whole => _whole?.Whole ?? this;

    private long Column => _whole is null ? 0 : _whole.Column + _from;

    private nint Address => _address != 0 ? _address : _address = _whole?.Address ?? AddressOf(All);

    private nint GradientAddress => _gradientAddress != 0 ? _gradientAddress : _gradientAddress = _whole?.GradientAddress ?? AddressOf(Gradient);

    internal static unsafe nint AddressOf(Tensor contiguous) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(contiguous.bytes));

    private void Forget() => (_all, _gradient, _steps, _gradients, _address, _gradientAddress) = (null, null, null, null, 0, 0);
}
