using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A gated recurrent unit over packed rows; see <see cref="RecurrentScan"/>.</summary>
/// <remarks>Gates in the order reset, update, candidate: n_t = tanh(x_n + r s_n), h_t = (1 − z) n_t + z h_{t−1}, with x and s what input
/// and state bring.</remarks>
internal sealed class GruScan : autograd.SingleTensorFunction<GruScan>
{
    public override string Name => nameof(GruScan);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (arguments, order) = (RecurrentArguments.Of(vars), RecurrentArguments.OrderOf(vars));
        var gates = arguments.Gates(withStateBias: false);
        long size = arguments.StateWeight.shape[1];
        var ofStates = arguments.StateBias.expand(gates.shape).contiguous();
        var states = zeros([gates.shape[0], size], gates.dtype, gates.device);
        var transposed = arguments.StateWeight.t().contiguous();
        for (int i = 0; i < order.Steps; i++)
        {
            using var step = NewDisposeScope();
            var (rows, on) = (order.Rows(i), order.GoingOn(i));
            if (on.Count > 0)
                on.Of(ofStates).addmm_(order.Before(i).Of(states), transposed);
            var (own, from, h) = (rows.Of(gates), rows.Of(ofStates), rows.Of(states));
            own.narrow(1, 0, 2 * size).add_(from.narrow(1, 0, 2 * size)).sigmoid_();
            var candidate = own.narrow(1, 2 * size, size).addcmul_(own.narrow(1, 0, size), from.narrow(1, 2 * size, size), 1).tanh_();
            h.copy_(candidate).addcmul_(candidate, own.narrow(1, size, size), -1);
            if (on.Count > 0)
                on.Of(states).addcmul_(on.Of(gates).narrow(1, size, size), order.Before(i).Of(states), 1);
        }
        arguments.Save(ctx, order, gates, ofStates, states);
        return states;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var (arguments, order, computed) = RecurrentArguments.Load(ctx);
        var (gates, states) = (computed[0], computed[2]);
        long size = states.shape[1];
        var update = gates.narrow(1, size, size);
        var (ofStates, candidateSlope) = Slopes(gates, computed[1], order.RowsBefore(states));
        var gradient = grad_output.clone();
        for (int i = order.Steps - 1; i >= 0; i--)
        {
            using var step = NewDisposeScope();
            var rows = order.Rows(i);
            if (i + 1 < order.Steps && order.GoingOn(i + 1) is { Count: > 0 } next)
                order.Before(i + 1).Of(gradient).addmm_(next.Of(ofStates), arguments.StateWeight).addcmul_(next.Of(gradient), next.Of(update), 1);
            rows.Of(ofStates).view(rows.Count, 3, size).mul_(rows.Of(gradient).unsqueeze(1));
        }
        var ofInputs = cat([ofStates.narrow(1, 0, 2 * size), gradient * candidateSlope], 1);
        return arguments.Gradients(order, states, ofInputs, ofStates);
    }

    // What the gradient of h_t is multiplied with to give those of what the states bring to the gates, and that of the candidate's sum.
    private static (Tensor OfStates, Tensor OfCandidate) Slopes(Tensor gates, Tensor ofStates, Tensor before)
    {
        using var scope = NewDisposeScope();
        var part = gates.chunk(3, 1);
        var (reset, update, candidate) = (part[0], part[1], part[2]);
        long size = before.shape[1];
        var ofCandidate = (1 - update) * (1 - candidate.square());
        var ofReset = ofCandidate * ofStates.narrow(1, 2 * size, size) * reset * (1 - reset);
        var all = cat([ofReset, (before - candidate) * update * (1 - update), ofCandidate * reset], 1);
        return (all.MoveToOuterDisposeScope(), ofCandidate.MoveToOuterDisposeScope());
    }
}
