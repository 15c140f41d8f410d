using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>y = W x + b on the last dimension, for any leading ones.</summary>
public sealed class Affine : nn.Module<Tensor, Tensor>
{
    // With this many particles a sequence's own product is large enough to be a product of its own.
    internal const int ParticlesForOwnProduct = 64;

    [ThreadStatic]
    private static bool t_apart;

    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Weights of the initializer's distribution, zero bias.</summary>
    public Affine(long inputs, long outputs, Initializer initializer)
        : this(initializer.Weight(outputs, inputs), initializer.Constant(outputs))
    {
    }

    /// <summary>Takes the parameters over: <paramref name="weight"/> [out, in], <paramref name="bias"/> [out].</summary>
    public Affine(Parameter weight, Parameter bias) : base(nameof(Affine))
    {
        this.weight = weight;
        this.bias = bias;
        RegisterComponents();
    }

    /// <summary>The weight, [out, in].</summary>
    public Parameter Weight => weight;

    /// <summary>The bias, [out].</summary>
    public Parameter Bias => bias;

    /// <summary>Maps [.., in] to [.., out].</summary>
    /// <remarks>With many particles, [particle, batch, in], every sequence gets its own matrix product on a CPU, so that rounding,
    /// and with it every resampling decision, cannot depend on which other sequences share the batch.</remarks>
    public override Tensor forward(Tensor input) => Product(input, weight, bias);

    /// <summary>f(W x + b), [.., in] to [.., out], by the rule of <see cref="forward"/>.</summary>
    internal Tensor Activated(Tensor input, Activation activation) => IsOwn(input) && RowProduct.Serves(input)
        ? RowProduct.Run(input, weight, bias, activation) : activation.Apply(call(input));

    /// <summary>As <see cref="forward"/>, for the rows of a tape, of sources side by side.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="sources">x.</param>
    /// <param name="result">Where y goes; null: wherever.</param>
    internal TapeValue Lay(ScanTape tape, IReadOnlyList<ITapeSource> sources, TapeValue? result = null)
    {
        var value = result ?? tape.Value(weight.shape[0]);
        value.StartFrom(tape.Input(bias));
        AddProducts(tape, sources, weight, value);
        return value;
    }

    /// <summary>As <see cref="forward"/>, of many rows in a program.</summary>
    internal LaneValue Lay(LaneProgram program, LaneValue x) => program.Product(x, weight, bias);

    /// <summary>Whether rows go through a <see cref="LaneProgram"/>: where every sequence gets its own products, and there are many rows.</summary>
    internal static bool ByLanes(Tensor input) => IsOwn(input) && LaneProgram.Serves(input);

    /// <summary>Adds W x to a value of a tape, x being sources side by side.</summary>
    internal static void AddProducts(ScanTape tape, IReadOnlyList<ITapeSource> sources, Tensor weight, TapeValue value)
    {
        long column = 0;
        foreach (var source in sources)
        {
            var part = tape.Input(sources.Count == 1 ? weight : weight.narrow(1, column, source.Size));
            TapeOperation Onto(TapeValue target) =>
                tape.InMemory && tape.Type == ScalarType.Float32 ? new RowLinear(source, part, target, tape) : new TensorLinear(source, part, target, tape);
            if (source is TapeValue { IsGiven: true })
                tape.AddToStart(value, Onto);
            else
                tape.Add(Onto(value));
            column += source.Size;
        }
    }

    /// <summary>W x + b by the rule of <see cref="forward"/>, for layers that hold their weights themselves.</summary>
    internal static Tensor Product(Tensor input, Tensor weight, Tensor? bias) => !IsOwn(input) ? nn.functional.linear(input, weight, bias)
        : RowProduct.Serves(input) ? RowProduct.Run(input, weight, bias)
        : input.dim() == 3 ? OneProductPerSequence(input, weight, bias)
        : OneProductPerSequence(input.unsqueeze(0), weight, bias).squeeze(0);

    private static bool IsOwn(Tensor input) => input.dim() is 2 or 3 && input.IsOnHost() && (t_apart || (input.dim() == 3 && input.shape[0] >= ParticlesForOwnProduct));

    /// <summary>Whether on this thread every sequence gets its own products, however few particles it has.</summary>
    internal static bool IsApart => t_apart;

    /// <summary>Gives every sequence its own products on this thread, however few particles it has, until the result is disposed.</summary>
    /// <param name="apart">false: changes nothing.</param>
    internal static ApartScope RowsApart(bool apart = true)
    {
        var before = new ApartScope(t_apart);
        t_apart |= apart;
        return before;
    }

    /// <summary>Puts back what held before <see cref="RowsApart"/>.</summary>
    internal readonly struct ApartScope(bool before) : IDisposable
    {
        public void Dispose() => t_apart = before;
    }

    private static Tensor OneProductPerSequence(Tensor input, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var rows = input.transpose(0, 1);
        var product = rows.bmm(weight.t().unsqueeze(0).expand(rows.shape[0], -1, -1));
        return (bias is null ? product : product + bias).transpose(0, 1).MoveToOuterDisposeScope();
    }
}
