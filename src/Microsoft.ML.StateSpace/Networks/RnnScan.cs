using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>h_t = tanh(W x_t + U h_{t−1} + b) over packed rows; see <see cref="RecurrentScan"/>.</summary>
internal sealed class RnnScan : autograd.SingleTensorFunction<RnnScan>
{
    public override string Name => nameof(RnnScan);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (arguments, order) = (RecurrentArguments.Of(vars), RecurrentArguments.OrderOf(vars));
        var states = arguments.Gates(withStateBias: true);
        var transposed = arguments.StateWeight.t().contiguous();
        for (int i = 0; i < order.Steps; i++)
        {
            using var step = NewDisposeScope();
            if (order.GoingOn(i) is { Count: > 0 } on)
                on.Of(states).addmm_(order.Before(i).Of(states), transposed);
            order.Rows(i).Of(states).tanh_();
        }
        arguments.Save(ctx, order, states);
        return states;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var (arguments, order, computed) = RecurrentArguments.Load(ctx);
        var states = computed[0];
        var (gradient, slope) = (grad_output.clone(), 1 - states.square());
        for (int i = order.Steps - 1; i >= 0; i--)
        {
            using var step = NewDisposeScope();
            if (i + 1 < order.Steps && order.GoingOn(i + 1) is { Count: > 0 } next)
                order.Before(i + 1).Of(gradient).addmm_(next.Of(gradient), arguments.StateWeight);
            order.Rows(i).Of(gradient).mul_(order.Rows(i).Of(slope));
        }
        return arguments.Gradients(order, states, gradient, gradient);
    }
}
