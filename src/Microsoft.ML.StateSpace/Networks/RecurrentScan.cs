using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A recurrent layer over packed rows as one function with a backward of its own.</summary>
/// <remarks>Going back, each step has one product and a few elementwise operations in place; what the gradient of a step has to be
/// multiplied with is computed for all steps at once beforehand, and the gradient of each weight is one product for all steps afterwards.
/// The layer's own <c>call</c> on a packed sequence is what it is tested against.</remarks>
internal static class RecurrentScan
{
    /// <summary>Runs a layer: inputs [S, in] to states [S, H].</summary>
    /// <param name="layer">An LSTM, GRU or RNN (tanh) of one layer.</param>
    /// <param name="input">Packed rows.</param>
    /// <param name="order">Which way.</param>
    public static Tensor Run(nn.Module layer, Tensor input, ScanOrder order)
    {
        var weights = layer.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        object[] arguments = [input, weights["weight_ih_l0"], weights["weight_hh_l0"], weights["bias_ih_l0"], weights["bias_hh_l0"], order];
        return layer switch
        {
            LSTM => LstmScan.apply(arguments),
            GRU => GruScan.apply(arguments),
            RNN => RnnScan.apply(arguments),
            _ => throw new InvalidOperationException($"{layer.GetType()} is no recurrent layer."),
        };
    }
}

/// <summary>What a scan's forward is called with, and its backward needs again.</summary>
/// <param name="Input">[S, in]</param>
/// <param name="InputWeight">[G·H, in]</param>
/// <param name="StateWeight">[G·H, H]</param>
/// <param name="InputBias">[G·H]</param>
/// <param name="StateBias">[G·H]</param>
internal sealed record RecurrentArguments(Tensor Input, Tensor InputWeight, Tensor StateWeight, Tensor InputBias, Tensor StateBias)
{
    private const string OrderKey = "order";

    /// <summary>Of what <see cref="RecurrentScan.Run"/> handed over.</summary>
    public static RecurrentArguments Of(object[] vars) => Of([.. vars.Take(5).Cast<Tensor>()]);

    /// <summary>The scan's order, among the same.</summary>
    public static ScanOrder OrderOf(object[] vars) => (ScanOrder)vars[5];

    /// <summary>Keeps these, the order, and what the cell computed.</summary>
    public void Save(autograd.AutogradContext context, ScanOrder order, params Tensor[] computed)
    {
        context.save_for_backward([Input, InputWeight, StateWeight, InputBias, StateBias, .. computed]);
        context.save_data(OrderKey, order);
    }

    /// <summary>What <see cref="Save"/> kept.</summary>
    public static (RecurrentArguments Arguments, ScanOrder Order, Tensor[] Computed) Load(autograd.AutogradContext context)
    {
        var saved = context.get_saved_variables();
        return (Of(saved), (ScanOrder)context.get_data(OrderKey)!, [.. saved.Skip(5)]);
    }

    /// <summary>What the inputs bring to the gates, [S, G·H].</summary>
    public Tensor Gates(bool withStateBias) =>
        (withStateBias ? InputBias + StateBias : InputBias).addmm(Input, InputWeight.t());

    /// <summary>The gradients, in the order that the function was given its arguments in.</summary>
    /// <param name="order">The scan's.</param>
    /// <param name="states">h, [S, H].</param>
    /// <param name="ofInput">Of what the inputs brought to the gates, [S, G·H].</param>
    /// <param name="ofState">Of what the states brought to them, [S, G·H].</param>
    public List<Tensor> Gradients(ScanOrder order, Tensor states, Tensor ofInput, Tensor ofState)
    {
        var inputBias = ofInput.sum([0]);
        return
        [
            Input.requires_grad ? ofInput.mm(InputWeight) : null!, ofInput.t().mm(Input), order.OfWeights(ofState, states),
            inputBias, ReferenceEquals(ofInput, ofState) ? inputBias : ofState.sum([0]), null!,
        ];
    }

    private static RecurrentArguments Of(IReadOnlyList<Tensor> parts) => new(parts[0], parts[1], parts[2], parts[3], parts[4]);
}
