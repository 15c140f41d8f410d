using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>The nonlinearity of a hidden layer.</summary>
public enum Activation
{
    /// <summary>max(0, x).</summary>
    Relu,
    /// <summary>tanh x.</summary>
    Tanh,
    /// <summary>x above 0, eˣ − 1 below.</summary>
    Elu,
    /// <summary>log(1 + eˣ).</summary>
    Softplus,
}

internal static class Activations
{
    public static Tensor Apply(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => x.relu(),
        Activation.Tanh => RowFunctions.Tanh(x),
        Activation.Elu => RowFunctions.Elu(x),
        Activation.Softplus => RowFunctions.Softplus(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "Unknown activation."),
    };

    public static Tensor ApplyInPlace(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => x.relu_(),
        Activation.Tanh => x.tanh_(),
        _ => x.copy_(activation.Apply(x)),
    };

    /// <summary>The derivative, given what the nonlinearity has made of its argument.</summary>
    public static Tensor SlopeOf(this Activation activation, Tensor result) => activation switch
    {
        Activation.Relu => result.gt(0).to(result.dtype),
        Activation.Tanh => 1 - result.square(),
        Activation.Elu => result.clamp_max(0) + 1,
        Activation.Softplus => 1 - (-result).exp(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "Unknown activation."),
    };
}

/// <summary>Hidden layers of one width, each followed by the activation; no layer at all is the identity.</summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly TorchSharp.Modules.ModuleList<Affine> layers = new();
    private readonly Activation _activation;

    /// <summary>Makes <paramref name="count"/> layers of <paramref name="width"/> units over <paramref name="inputs"/> numbers.</summary>
    public Mlp(long inputs, int width, int count, Activation activation, Initializer initializer) : base(nameof(Mlp))
    {
        _activation = activation;
        OutputSize = count == 0 ? inputs : width;
        for (int i = 0; i < count; i++)
            layers.Add(new Affine(i == 0 ? inputs : width, width, initializer));
        RegisterComponents();
    }

    /// <summary>Size of the result's last dimension.</summary>
    public long OutputSize { get; }

    /// <summary>Whether there is no layer.</summary>
    internal bool IsIdentity => layers.Count == 0;

    /// <summary>Maps [.., in] to [.., <see cref="OutputSize"/>].</summary>
    public override Tensor forward(Tensor input)
    {
        var x = input;
        foreach (var layer in layers)
            x = layer.Activated(x, _activation);
        return x;
    }

    /// <summary>As <see cref="forward"/>, of many rows in a program.</summary>
    internal LaneValue Lay(LaneProgram program, LaneValue x)
    {
        foreach (var layer in layers)
            x = program.Then(layer.Lay(program, x), value => new LaneActivation(value, _activation));
        return x;
    }

    /// <summary>As <see cref="forward"/>, for the rows of a tape, of sources side by side.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="sources">What the first layer reads.</param>
    /// <param name="result">Where the last layer's result goes; null: wherever. Without layers there is none.</param>
    internal IReadOnlyList<ITapeSource> Lay(ScanTape tape, IReadOnlyList<ITapeSource> sources, TapeValue? result = null)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            var value = layers[i].Lay(tape, sources, i + 1 == layers.Count ? result : null);
            tape.Activate(value, _activation);
            sources = [value];
        }
        return sources;
    }
}
