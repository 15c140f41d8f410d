namespace TorchSharp.Modules;

/// <summary>RMSProp (Hinton, 2012).</summary>
public partial class RMSProp : OptimizerHelper, torch.optim.IMomentum
{
    public RMSProp(IEnumerable<Parameter> parameters, double lr = 0.001, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters.ToArray() }], lr, alpha, eps, weight_decay, momentum, centered, maximize)
    {
    }

    public RMSProp(IEnumerable<ParamGroup> parameters, double lr = 0.001, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false)
    {
        if (lr < 0) throw new ArgumentException($"Invalid learning rate: {lr}");
        if (eps < 0) throw new ArgumentException($"Invalid ε: {eps}");
        if (alpha < 0) throw new ArgumentException($"Invalid alpha: {alpha}");
        if (momentum < 0) throw new ArgumentException($"Invalid momentum value: {momentum}");
        if (weight_decay < 0) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, alpha = alpha, eps = eps, weight_decay = weight_decay, momentum = momentum, centered = centered, maximize = maximize };
        foreach (ParamGroup group in parameters) add_param_group(group);
    }

    public double Momentum
    {
        get => Defaults.momentum!.Value;
        set => Defaults.momentum = value;
    }

    private Options Defaults => (Options)_defaults;

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        Options own = (Options)(param_group.Options ??= new Options()), defaults = Defaults;
        own.LearningRate ??= defaults.LearningRate;
        own.maximize ??= defaults.maximize;
        own.momentum ??= defaults.momentum;
        own.alpha ??= defaults.alpha;
        own.eps ??= defaults.eps;
        own.weight_decay ??= defaults.weight_decay;
        own.centered ??= defaults.centered;
        Add(param_group, parameter => new State(parameter));
    }

    public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        Options o = group.Options;
        double alpha = o.alpha!.Value, decay = o.weight_decay!.Value, rate = o.LearningRate!.Value;
        foreach (Parameter parameter in group.Parameters)
        {
            Tensor? grad = parameter.grad;
            if (grad is null) continue;
            var state = (State)_state[parameter.handle];
            if (o.maximize!.Value) grad = -grad;
            state.step++;
            if (decay != 0) grad = grad.add(parameter, decay);
            state.square_avg.mul_(alpha).addcmul_(grad, grad, 1 - alpha);
            Tensor variance = state.square_avg;
            if (o.centered!.Value)
            {
                state.grad_avg.mul_(alpha).add_(grad, 1 - alpha);
                variance = variance.addcmul(state.grad_avg, state.grad_avg, -1);
            }
            Tensor scale = variance.sqrt().add_(o.eps!.Value);
            if (o.momentum > 0) parameter.add_(state.momentum_buffer.mul_(o.momentum!.Value).addcdiv_(grad, scale), -rate);
            else parameter.addcdiv_(grad, scale, -rate);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) DisposeStates();
    }
}
