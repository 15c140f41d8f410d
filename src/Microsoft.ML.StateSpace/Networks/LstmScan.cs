using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A long short-term memory over packed rows; see <see cref="RecurrentScan"/>.</summary>
/// <remarks>Gates in the order in, forget, candidate, out: c_t = f c_{t−1} + i g, h_t = o tanh(c_t).</remarks>
internal sealed class LstmScan : autograd.SingleTensorFunction<LstmScan>
{
    public override string Name => nameof(LstmScan);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (arguments, order) = (RecurrentArguments.Of(vars), RecurrentArguments.OrderOf(vars));
        var gates = arguments.Gates(withStateBias: true);
        long size = arguments.StateWeight.shape[1];
        var memory = zeros([gates.shape[0], size], gates.dtype, gates.device);
        var (open, states) = (empty_like(memory), zeros_like(memory));
        var transposed = arguments.StateWeight.t().contiguous();
        for (int i = 0; i < order.Steps; i++)
        {
            using var step = NewDisposeScope();
            var (rows, on) = (order.Rows(i), order.GoingOn(i));
            if (on.Count > 0)
                on.Of(gates).addmm_(order.Before(i).Of(states), transposed);
            var (own, c) = (rows.Of(gates), rows.Of(memory));
            own.narrow(1, 0, 2 * size).sigmoid_();
            own.narrow(1, 2 * size, size).tanh_();
            own.narrow(1, 3 * size, size).sigmoid_();
            c.addcmul_(own.narrow(1, 0, size), own.narrow(1, 2 * size, size), 1);
            if (on.Count > 0)
                on.Of(memory).addcmul_(on.Of(gates).narrow(1, size, size), order.Before(i).Of(memory), 1);
            rows.Of(states).addcmul_(own.narrow(1, 3 * size, size), rows.Of(open).copy_(c).tanh_(), 1);
        }
        arguments.Save(ctx, order, gates, memory, open, states);
        return states;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var (arguments, order, computed) = RecurrentArguments.Load(ctx);
        var (gates, memory, open, states) = (computed[0], computed[1], computed[2], computed[3]);
        long size = memory.shape[1];
        var forget = gates.narrow(1, size, size);
        var (ofGates, ofState, openness) = (Slopes(gates, order.RowsBefore(memory), open), grad_output.clone(), gates.narrow(1, 3 * size, size) * (1 - open.square()));
        var ofMemory = zeros_like(memory);
        for (int i = order.Steps - 1; i >= 0; i--)
        {
            using var step = NewDisposeScope();
            var rows = order.Rows(i);
            if (i + 1 < order.Steps && order.GoingOn(i + 1) is { Count: > 0 } next)
            {
                var before = order.Before(i + 1);
                before.Of(ofState).addmm_(next.Of(ofGates), arguments.StateWeight);
                before.Of(ofMemory).addcmul_(next.Of(ofMemory), next.Of(forget), 1);
            }
            var (h, c, own) = (rows.Of(ofState), rows.Of(ofMemory), rows.Of(ofGates));
            c.addcmul_(h, rows.Of(openness), 1);
            own.narrow(1, 0, 3 * size).view(rows.Count, 3, size).mul_(c.unsqueeze(1));
            own.narrow(1, 3 * size, size).mul_(h);
        }
        return arguments.Gradients(order, states, ofGates, ofGates);
    }

    // What the gradient of c_t, for the out gate that of h_t, is multiplied with to give those of the gates before their nonlinearity.
    private static Tensor Slopes(Tensor gates, Tensor before, Tensor open)
    {
        using var scope = NewDisposeScope();
        var part = gates.chunk(4, 1);
        return cat([part[2] * Slope(part[0]), before * Slope(part[1]), part[0] * (1 - part[2].square()), open * Slope(part[3])], 1)
            .MoveToOuterDisposeScope();
    }

    private static Tensor Slope(Tensor sigmoid) => sigmoid * (1 - sigmoid);
}
