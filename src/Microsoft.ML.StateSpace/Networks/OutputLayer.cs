using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>The last layer of an emission: y = W h + b of the last hidden layer h, plus W_res · input if it is residual.</summary>
public sealed class OutputLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Parameter? residual;

    /// <summary>Xavier weights, zero bias.</summary>
    /// <param name="hidden">Size of the last hidden layer.</param>
    /// <param name="inputs">Size of the network's input, which the residual connection reads.</param>
    /// <param name="outputs">Size of the result.</param>
    /// <param name="isResidual">Whether W_res exists.</param>
    /// <param name="initializer">Where the weights come from.</param>
    public OutputLayer(long hidden, long inputs, long outputs, bool isResidual, Initializer initializer) : base(nameof(OutputLayer))
    {
        weight = initializer.Weight(outputs, hidden);
        bias = initializer.Constant(outputs);
        if (isResidual)
            residual = initializer.Weight(outputs, inputs);
        RegisterComponents();
    }

    /// <summary>The bias, [out].</summary>
    public Parameter Bias => bias;

    /// <summary>What hidden layers over an input give, [.., in] to [.., out].</summary>
    internal Tensor Over(Mlp hidden, Tensor input) => Over(hidden, input, null).First;

    /// <summary>What hidden layers over an input give, and what another map makes of the last of them.</summary>
    /// <param name="hidden">The hidden layers.</param>
    /// <param name="input">[.., in]</param>
    /// <param name="other">The other map; null: there is none.</param>
    internal (Tensor First, Tensor? Second) Over(Mlp hidden, Tensor input, Affine? other)
    {
        if (!Affine.ByLanes(input))
        {
            var last = hidden.call(input);
            return (call(last, input), other?.call(last));
        }
        using var scope = NewDisposeScope();
        var program = new LaneProgram(input, out var x);
        var h = hidden.Lay(program, x);
        var (first, second) = (program.Output(Lay(program, h, x)), other is null ? null : program.Output(other.Lay(program, h)));
        program.Run();
        return (first.MoveToOuterDisposeScope(), second?.MoveToOuterDisposeScope());
    }

    /// <summary>As <see cref="Over(Mlp, Tensor, Affine)"/>, for the rows of a tape.</summary>
    internal (TapeValue First, TapeValue? Second) Lay(ScanTape tape, Mlp hidden, IReadOnlyList<ITapeSource> input, Affine? other)
    {
        var last = hidden.Lay(tape, input);
        var first = tape.Value(weight.shape[0]);
        first.StartFrom(tape.Input(bias));
        Affine.AddProducts(tape, last, weight, first);
        if (residual is not null)
            Affine.AddProducts(tape, input, residual, first);
        return (first, other?.Lay(tape, last));
    }

    private LaneValue Lay(LaneProgram program, LaneValue hidden, LaneValue input)
    {
        var direct = program.Product(hidden, weight, bias);
        return residual is null ? direct : program.Then(direct, value => new LaneAdd(value, program.Product(input, residual, null)));
    }

    /// <summary>Maps h [.., hidden] and the input it was made of [.., in] to [.., out].</summary>
    public override Tensor forward(Tensor hidden, Tensor input)
    {
        var direct = Affine.Product(hidden, weight, bias);
        return residual is null ? direct : direct + Affine.Product(input, residual, null);
    }
}
