using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>One layer of inverse autoregressive flow (Kingma et al. 2016, eq. 11–14): z' = σ(s) ⊙ z + (1 − σ(s)) ⊙ m, where m_i
/// and s_i are a masked network's functions of the z_j that come before z_i.</summary>
/// <remarks>log |∂z'/∂z| = Σ_i log σ(s_i). Forwards is one pass; backwards one pass per dimension, since each needs those before it.
/// The gates begin nearly open, so that the layer begins near the identity.</remarks>
internal sealed class InverseAutoregressiveFlow : nn.Module
{
    private const float OpenGate = 2;

    private readonly ModuleList<MaskedAffine> hidden = new();
    private readonly MaskedAffine output;
    private readonly Affine? context;
    private readonly Activation _activation;
    private readonly int[] _order;
    private readonly int _size;

    /// <summary>Makes a layer.</summary>
    /// <param name="size">Z</param>
    /// <param name="settings">Sizes of the masked network.</param>
    /// <param name="reversed">Whether z_Z comes first instead of z_1.</param>
    /// <param name="contextSize">Numbers that m and s read beside z; 0: none.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    public InverseAutoregressiveFlow(int size, FlowSettings settings, bool reversed, int contextSize, Initializer initializer)
        : base(nameof(InverseAutoregressiveFlow))
    {
        (_size, _activation) = (size, settings.Activation);
        int[] place = [.. Enumerable.Range(1, size).Select(i => reversed ? size + 1 - i : i)];
        _order = [.. Enumerable.Range(0, size).OrderBy(i => place[i])];
        // A hidden unit of degree k sees the first k numbers; one of degree 0 sees the context only.
        int lowest = contextSize > 0 ? 0 : 1, degrees = Math.Max(1, size - lowest);
        int[] degree = [.. Enumerable.Range(0, settings.HiddenSize).Select(h => lowest + h % degrees)];
        hidden.Add(new MaskedAffine(size, settings.HiddenSize, (h, i) => degree[h] >= place[i], initializer));
        for (int layer = 1; layer < settings.HiddenLayers; layer++)
            hidden.Add(new MaskedAffine(settings.HiddenSize, settings.HiddenSize, (h, i) => degree[h] >= degree[i], initializer));
        output = new MaskedAffine(settings.HiddenSize, 2 * size, (o, h) => place[o % size] > degree[h], initializer);
        Initializer.SetConstant(output.Bias, OpenGate, size, size);
        context = contextSize > 0 ? new Affine(contextSize, settings.HiddenSize, initializer) : null;
        RegisterComponents();
    }

    /// <summary>z' and log σ(s), each [.., row, Z]; the latter's sum is the log-determinant.</summary>
    /// <param name="latent">z, [.., row, Z].</param>
    /// <param name="seen">The context, [.., row, C]; null where the layer has none.</param>
    /// <param name="frozen">Whether no gradient reaches the layer's weights.</param>
    public (Tensor Latent, Tensor LogGate) Push(Tensor latent, Tensor? seen, bool frozen)
    {
        var (shift, logit) = Network(latent, Context(seen, frozen), frozen);
        return (shift.lerp(latent, logit.sigmoid()), -(-logit).softplus());
    }

    /// <summary>z and log σ(s) from z', one dimension after another.</summary>
    /// <param name="pushed">z', [.., row, Z].</param>
    /// <param name="seen">The context, [.., row, C]; null where the layer has none.</param>
    /// <param name="frozen">Whether no gradient reaches the layer's weights.</param>
    public (Tensor Latent, Tensor LogGate) Pull(Tensor pushed, Tensor? seen, bool frozen)
    {
        var read = Context(seen, frozen);
        var unknown = zeros_like(pushed.narrow(-1, 0, 1));
        var columns = Enumerable.Repeat(unknown, _size).ToArray();
        var gates = new Tensor[_size];
        foreach (int i in _order)
        {
            var (shift, logit) = Network(cat(columns, -1), read, frozen);
            var (m, s) = (shift.narrow(-1, i, 1), logit.narrow(-1, i, 1));
            var gate = s.sigmoid();
            columns[i] = (pushed.narrow(-1, i, 1) - (1 - gate) * m) / gate;
            gates[i] = (-(-s).softplus()).expand_as(columns[i]);
        }
        return (cat(columns, -1), cat(gates, -1));
    }

    private (Tensor Shift, Tensor Logit) Network(Tensor latent, Tensor? read, bool frozen)
    {
        var x = latent;
        for (int layer = 0; layer < hidden.Count; layer++)
        {
            x = hidden[layer].Map(x, frozen);
            x = _activation.Apply(layer == 0 && read is not null ? x + read : x);
        }
        var both = output.Map(x, frozen);
        return (both.narrow(-1, 0, _size), both.narrow(-1, _size, _size));
    }

    private Tensor? Context(Tensor? seen, bool frozen) => context is null ? null
        : frozen ? Affine.Product(seen!, context.Weight.detach(), context.Bias.detach()) : context.call(seen!);
}

/// <summary>Sizes of the masked network of a flow.</summary>
/// <param name="HiddenSize">Units of each hidden layer.</param>
/// <param name="HiddenLayers">Hidden layers, at least 1.</param>
/// <param name="Activation">Their nonlinearity.</param>
internal sealed record FlowSettings(int HiddenSize, int HiddenLayers, Activation Activation);
