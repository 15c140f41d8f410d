using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>What a product of a <see cref="ScanTape"/> can read, step by step.</summary>
internal interface ITapeSource
{
    /// <summary>d.</summary>
    long Size { get; }

    /// <summary>What the first rows of a step read, [row·N, d]; null: all read zeros, as those beyond do.</summary>
    Tensor? At(int step);

    /// <summary>Adds <paramref name="gradient"/> · <paramref name="weight"/>, of all rows of a step, to what they read.</summary>
    void AddProduct(int step, Tensor gradient, Tensor weight);

    /// <summary>The gradient of weights [out, d] that all steps' rows were multiplied with.</summary>
    /// <param name="ofProducts">That of the products, [S·N, out].</param>
    Tensor OfWeights(Tensor ofProducts);
}

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
    public TapeValue(ScanTape tape, Tensor all) => (_tape, _all, Size) = (tape, all, all.shape[1]);

    private TapeValue(TapeValue whole, long from, long size) => (_tape, _whole, _from, Size) = (whole._tape, whole, from, size);

    /// <inheritdoc/>
    public long Size { get; }

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
    public void StartFrom(TapeInput input)
    {
        using var guard = no_grad();
        All.copy_(input.Value);
        _tape.Add(new TapeStart(gradient => gradient.sum([0]), this, input));
    }

    internal void StartGradient(Tensor gradient)
    {
        if (gradient is not null && !gradient.IsInvalid)
            Gradient.add_(gradient);
    }

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

    private static unsafe nint AddressOf(Tensor contiguous) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(contiguous.bytes));

    private void Forget() => (_all, _gradient, _steps, _gradients, _address, _gradientAddress) = (null, null, null, null, 0, 0);
}

/// <summary>What a value began with: its gradient is the value's, which every later operation has left its own in.</summary>
internal sealed class TapeStart(Func<Tensor, Tensor> reduce, TapeValue value, TapeInput input) : TapeOperation
{
    public override void Forward(int step)
    {
    }

    public override void Backward(int step)
    {
    }

    public override void EndBackward() => input.AddGradient(reduce(value.Gradient));
}

/// <summary>A value as the step before left it, of each row's own ancestor.</summary>
/// <param name="tape">The tape.</param>
/// <param name="value">The value.</param>
/// <param name="start">What rows read at the first step: [1, d], or [B, d] without particles; null: zeros, as those that begin later do.</param>
internal sealed class TapeCarry(ScanTape tape, TapeValue value, TapeInput? start) : ITapeSource
{
    /// <inheritdoc/>
    public long Size => value.Size;

    /// <summary>The value that is carried.</summary>
    public TapeValue Value => value;

    /// <inheritdoc/>
    public Tensor? At(int step) => step == 0 ? start?.Value.expand(tape.RowsOf(0), -1)
        : tape.Ancestors(step) is { } ancestors ? value.At(step - 1).index_select(0, ancestors)
        : First(value.At(step - 1), tape.GoingOn(step));

    /// <inheritdoc/>
    public void AddProduct(int step, Tensor gradient, Tensor weight)
    {
        if (step == 0)
            start?.AddGradient((start.Value.shape[0] == 1 ? gradient.sum([0], keepdim: true) : gradient).mm(weight));
        else if (tape.Ancestors(step) is { } ancestors)
            value.GradientAt(step - 1).index_add_(0, ancestors, gradient.mm(weight), 1);
        else
            First(value.GradientAt(step - 1), tape.GoingOn(step)).addmm_(First(gradient, tape.GoingOn(step)), weight);
    }

    /// <summary>Adds <paramref name="gradient"/> ⊙ <paramref name="factor"/>, of all rows of a step, to what they read; nothing to a start.</summary>
    public void AddScaled(int step, Tensor gradient, Tensor factor)
    {
        if (step == 0)
            return;
        long rows = tape.GoingOn(step);
        if (tape.Ancestors(step) is { } ancestors)
            value.GradientAt(step - 1).index_add_(0, ancestors, gradient * factor, 1);
        else
            First(value.GradientAt(step - 1), rows).addcmul_(First(gradient, rows), First(factor, rows), 1);
    }

    /// <inheritdoc/>
    public Tensor OfWeights(Tensor ofProducts)
    {
        var later = tape.OfWeights(ofProducts, value.All);
        if (start is null)
            return later;
        var first = ofProducts.narrow(0, tape.FirstRow(0), tape.RowsOf(0));
        return later.addmm_((start.Value.shape[0] == 1 ? first.sum([0], keepdim: true) : first).t(), start.Value);
    }

    private static Tensor First(Tensor rows, long count) => rows.shape[0] == count ? rows : rows.narrow(0, 0, count);
}
