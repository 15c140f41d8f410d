using System.Runtime.InteropServices;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A recursion over packed rows and their particles, as a list of operations that every step runs in order, with a backward of
/// its own: what a network computes step by step costs a few calls on memory that is already there, and no node of a graph.</summary>
/// <remarks>Rows stand as in a <see cref="SequenceBatch"/>, the particles of each side by side: [S·N, d]. Going back, a step has one product for
/// each of its products and a few elementwise operations; the gradient of each weight is one product for all steps. Particles may descend from
/// others of their row (<see cref="Descend"/>). The modules called step by step are what a tape is tested against.</remarks>
/// <param name="batch">The rows.</param>
/// <param name="particles">N ≥ 1.</param>
/// <param name="backward">Whether steps run from each sequence's last to its first.</param>
internal class ScanTape(SequenceBatch batch, int particles, bool backward = false)
{
    private readonly ScanOrder _order = new(batch, backward);
    private readonly List<TapeInput> _inputs = [];
    private readonly List<TapeValue> _values = [];
    private readonly List<TapeOperation> _operations = [];
    private readonly Tensor?[] _ancestors = new Tensor?[batch.Steps];
    private DisposeScope _scope = CurrentDisposeScope ?? throw new InvalidOperationException("A tape is laid in a dispose scope that outlives its steps.");
    private readonly long[] _rowsByTime = Array.ConvertAll(batch.Active, rows => (long)rows * particles);
    private TapeValue[] _outputs = [];
    private Tensor? _before;

    /// <summary>N.</summary>
    public int Particles => particles;

    /// <summary>T.</summary>
    public int Steps => batch.Steps;

    /// <summary>S·N.</summary>
    public virtual long Rows => batch.PackedSteps * particles;

    /// <summary>The rows of a step, with their particles.</summary>
    public long RowsOf(int step) => _order.Rows(step).Count * particles;

    /// <summary>The most rows of any step.</summary>
    public long MostRows => (long)batch.Count * particles;

    /// <summary>The first row of a step.</summary>
    public virtual long FirstRow(int step) => _order.Rows(step).Start * particles;

    /// <summary>Those of a step's rows that go on from the step before, the first ones of both; the others begin.</summary>
    public long GoingOn(int step) => _order.GoingOn(step).Count * particles;

    /// <summary>Element type of all values.</summary>
    public ScalarType Type => batch.Type;

    /// <summary>Whether rows are worked on in plain numbers: on a CPU, where a call costs more than its arithmetic.</summary>
    public bool InMemory { get; } = batch.Device.IsHost();

    /// <summary>Whether a recursion over these rows goes on a tape: for gradients, and wherever a call costs more than its arithmetic; not where rows
    /// are kept apart.</summary>
    public static bool Serves(SequenceBatch batch) => !Affine.IsApart && (is_grad_enabled() || !batch.Device.IsHost());

    /// <summary>Names something that gradients are wanted of.</summary>
    public TapeInput Input(Tensor value)
    {
        var input = new TapeInput(this, value);
        _inputs.Add(input);
        return input;
    }

    /// <summary>Makes room for a value of every row, [S·N, <paramref name="size"/>], of zeros.</summary>
    public TapeValue Value(long size)
    {
        var value = MakeValue(size);
        _values.Add(value);
        return value;
    }

    /// <summary>As <see cref="Value(long)"/>, of a value that no gradient reaches.</summary>
    protected TapeValue MakeValue(long size, bool isGiven = false) => new(this, zeros([Rows, size], batch.Type, batch.Device), isGiven);

    /// <summary>What is computed, in order.</summary>
    protected IReadOnlyList<TapeOperation> Operations => _operations;

    /// <summary>What gradients are kept of.</summary>
    protected IReadOnlyList<TapeValue> Values => _values;

    /// <summary>The rows of every step, apart.</summary>
    protected virtual Tensor[] Split(Tensor all, long[] rowsByTime) => all.split(rowsByTime, 0);

    /// <summary>Adds an operation to every step.</summary>
    public void Add(TapeOperation operation) => _operations.Add(operation);

    /// <summary>Has a value begin with the same numbers for every row, [d].</summary>
    public virtual void Start(TapeValue value, TapeInput input)
    {
        using var guard = no_grad();
        value.All.copy_(input.Value);
        Add(new TapeStart(gradient => gradient.sum([0]), value, input));
    }

    /// <summary>Adds an operation that reads what is given with each step to what a value begins with.</summary>
    /// <param name="value">The value.</param>
    /// <param name="onto">The operation, given what it adds to.</param>
    /// <exception cref="NotSupportedException">Nothing is given to this tape.</exception>
    public virtual void AddToStart(TapeValue value, Func<TapeValue, TapeOperation> onto) =>
        throw new NotSupportedException("A recursion reads its own values alone.");

    /// <summary>As <see cref="Value(long)"/>, in the memory of an input [S, d], which nobody may read afterwards; without particles.</summary>
    public TapeValue ValueIn(Tensor input)
    {
        var value = new TapeValue(this, input.detach());
        _values.Add(value);
        value.IsStartOf(Input(input));
        return value;
    }

    /// <summary>Runs every step.</summary>
    public void Forward()
    {
        for (int t = 0; t < Steps; t++)
        {
            using var scope = NewDisposeScope();
            Forward(t);
        }
    }

    /// <summary>Runs a step's operations; steps run in order, from 0, without gradients.</summary>
    public void Forward(int step)
    {
        using var guard = no_grad();
        foreach (var operation in _operations)
            operation.Forward(step);
    }

    /// <summary>Says who the rows of the step after <paramref name="step"/> descend from.</summary>
    /// <param name="step">The step that has just run.</param>
    /// <param name="ancestors">Numbers of particles, [row, particle], of the rows that go on.</param>
    public void Descend(int step, Tensor ancestors)
    {
        var first = arange(0, ancestors.shape[0] * particles, particles, ScalarType.Int64, device: batch.Device).unsqueeze(1);
        _ancestors[step + 1] = (ancestors + first).view(-1);
        Keep(_ancestors[step + 1]!);
    }

    /// <summary>The places, among a step's predecessors, of those that its rows descend from; null: each goes on from its own.</summary>
    public Tensor? Ancestors(int step) => _ancestors[step];

    /// <summary>The same in plain numbers; none: each goes on from its own.</summary>
    public ReadOnlySpan<long> AncestorNumbers(int step) => _ancestors[step] is { } ancestors ? MemoryMarshal.Cast<byte, long>(ancestors.bytes) : [];

    /// <summary>A step's rows as the modules called step by step have them: [particle, row, d].</summary>
    public Tensor ByParticle(TapeValue value, int step) => value.At(step).view(-1, particles, value.Size).transpose(0, 1);

    /// <summary>The rows of every step, kept for as long as the tape runs.</summary>
    public Tensor[] StepsOf(Tensor all)
    {
        var steps = Split(all, _rowsByTime);
        foreach (var step in steps)
            Keep(step);
        if (backward)
            Array.Reverse(steps);
        return steps;
    }

    /// <summary>Keeps what a step has made for as long as the tape runs.</summary>
    public Tensor Keep(Tensor made) => made.KeepIn(_scope);

    /// <summary>What stood one step before each row, zeros where the row begins: [S·N, d] to [S·N, d].</summary>
    public Tensor RowsBefore(Tensor all)
    {
        using var scope = NewDisposeScope();
        var before = zeros_like(all);
        if (backward)
            before.index_copy_(0, Predecessors, AfterFirst(all));
        else
            AfterFirst(before).copy_(all.index_select(0, Predecessors));
        return before.MoveToOuterDisposeScope();
    }

    /// <summary>The gradient of the weights W [out, in] of products W h that led from each step to the next: one product for all steps.</summary>
    /// <param name="ofProducts">The gradient of the products, at the rows they led to, [S·N, out].</param>
    /// <param name="factors">h, at the rows they came from, [S·N, in].</param>
    public Tensor OfWeights(Tensor ofProducts, Tensor factors) => backward
        ? ofProducts.index_select(0, Predecessors).t().mm(AfterFirst(factors))
        : AfterFirst(ofProducts).t().mm(factors.index_select(0, Predecessors));

    /// <summary>Once every step has run: values as functions of the inputs.</summary>
    /// <param name="outputs">The values; each must have a part in whatever is differentiated (TorchSharp takes no gradient of nothing).</param>
    public Tensor[] Connect(params TapeValue[] outputs)
    {
        _outputs = outputs;
        return [.. TapeFunction.apply([.. _inputs.Select(input => input.Value), this])];
    }

    /// <summary>The outputs' numbers.</summary>
    internal List<Tensor> Outputs => [.. _outputs.Select(value => value.All)];

    /// <summary>What <see cref="Backward"/> needs again.</summary>
    internal List<Tensor> Kept() => [.. _inputs.Select(input => input.Value), .. _values.Select(value => value.All), Predecessors, .. _ancestors.OfType<Tensor>()];

    /// <summary>The gradients of the inputs, in order.</summary>
    /// <param name="kept">What <see cref="Kept"/> gave.</param>
    /// <param name="ofOutputs">The gradients of the outputs.</param>
    internal List<Tensor> Backward(IReadOnlyList<Tensor> kept, IReadOnlyList<Tensor> ofOutputs)
    {
        _scope = CurrentDisposeScope!;
        Restore(kept);
        foreach (var (output, gradient) in _outputs.Zip(ofOutputs))
            output.StartGradient(gradient);
        foreach (var operation in _operations)
            operation.BeginBackward();
        for (int t = Steps - 1; t >= 0; t--)
        {
            using var step = NewDisposeScope();
            for (int i = _operations.Count - 1; i >= 0; i--)
                _operations[i].Backward(t);
        }
        for (int i = _operations.Count - 1; i >= 0; i--)
            _operations[i].EndBackward();
        return [.. _inputs.Select(input => input.Gradient!)];
    }

    private void Restore(IReadOnlyList<Tensor> kept)
    {
        int next = 0;
        foreach (var input in _inputs)
            input.Restore(kept[next++]);
        foreach (var value in _values)
            value.Restore(kept[next++]);
        _before = kept[next++];
        for (int t = 0; t < _ancestors.Length; t++)
            if (_ancestors[t] is not null)
                _ancestors[t] = kept[next++];
    }

    private Tensor AfterFirst(Tensor all) => all.narrow(0, (long)batch.Count * particles, Rows - (long)batch.Count * particles);

    // The places of the rows one time before those of all times but the first.
    private Tensor Predecessors => _before ??= Keep(PredecessorIndex());

    private Tensor PredecessorIndex()
    {
        if (particles == 1 && !_ancestors.Any(a => a is not null))
            return batch.PredecessorIndex.alias();
        var places = (batch.PredecessorIndex.unsqueeze(1) * particles + arange(particles, ScalarType.Int64, batch.Device)).view(-1);
        for (int t = 1; t < Steps; t++)
            if (_ancestors[t] is { } ancestors)
                places.narrow(0, (batch.Offsets[t] - batch.Count) * particles, ancestors.shape[0]).copy_(ancestors).add_(batch.Offsets[t - 1] * particles);
        return places;
    }
}
