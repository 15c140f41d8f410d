using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A function of a step's rows that can be asked again and again, and its gradient: steps share their rows, none reads another, and weights have
/// no gradients. What is given with a step goes through its weights once, however often the function is asked.</summary>
/// <param name="batch">The rows.</param>
/// <param name="particles">N ≥ 1.</param>
internal sealed class StepTape(SequenceBatch batch, int particles) : ScanTape(batch, particles)
{
    private readonly List<TapeOperation> _entering = [];
    private readonly Dictionary<TapeValue, TapeValue> _starts = [];

    /// <inheritdoc/>
    public override long Rows => MostRows;

    /// <inheritdoc/>
    public override long FirstRow(int step) => 0;

    /// <summary>Makes room for what is given with each step.</summary>
    public TapeValue Given(long size) => MakeValue(size, isGiven: true);

    /// <inheritdoc/>
    public override void Start(TapeValue value, TapeInput input)
    {
        var start = MakeValue(value.Size);
        _starts.Add(value, start);
        _entering.Add(new TapeCopy(_ => input.Value, start));
        Add(new TapeCopy(start.At, value));
    }

    /// <inheritdoc/>
    public override void AddToStart(TapeValue value, Func<TapeValue, TapeOperation> onto) => _entering.Add(onto(_starts[value]));

    /// <summary>Goes on to a step, once its given values are there.</summary>
    public void Enter(int step)
    {
        using var guard = no_grad();
        foreach (var operation in _entering)
            operation.Forward(step);
    }

    /// <summary>Goes back through the step as it has just run.</summary>
    /// <param name="step">The step.</param>
    /// <param name="ofResults">Values, and the gradients of the step's rows of them.</param>
    public void Back(int step, IEnumerable<(TapeValue Value, Tensor Gradient)> ofResults)
    {
        using var guard = no_grad();
        foreach (var value in Values)
            value.GradientAt(step).zero_();
        foreach (var (value, gradient) in ofResults)
            value.GradientAt(step).copy_(gradient);
        for (int i = Operations.Count - 1; i >= 0; i--)
            Operations[i].Backward(step);
    }

    /// <inheritdoc/>
    protected override Tensor[] Split(Tensor all, long[] rowsByTime) => [.. rowsByTime.Select(rows => all.narrow(0, 0, rows))];

    // What a value starts from comes anew for each time that it is asked for.
    private sealed class TapeCopy(Func<int, Tensor> from, TapeValue to) : TapeOperation
    {
        public override void Forward(int step) => to.At(step).copy_(from(step));

        public override void Backward(int step)
        {
        }
    }
}
