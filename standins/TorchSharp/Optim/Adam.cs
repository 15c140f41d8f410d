namespace TorchSharp.Modules;

/// <summary>Adam (Kingma and Ba, 2015); weight decay is added to the gradient.</summary>
public partial class Adam : OptimizerHelper, torch.optim.IBetas
{
    public Adam(IEnumerable<Parameter> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters.ToArray() }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
    {
    }

    public Adam(IEnumerable<ParamGroup> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
    {
        if (lr < 0) throw new ArgumentException($"Invalid learning rate: {lr}");
        if (eps < 0) throw new ArgumentException($"Invalid ε: {eps}");
        if (beta1 is < 0 or >= 1) throw new ArgumentException($"Invalid beta1: {beta1}");
        if (beta2 is < 0 or >= 1) throw new ArgumentException($"Invalid beta2: {beta2}");
        if (weight_decay < 0) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay, amsgrad = amsgrad, maximize = maximize };
        foreach (ParamGroup group in parameters) add_param_group(group);
    }

    public (double, double) Betas
    {
        get => (Defaults.beta1!.Value, Defaults.beta2!.Value);
        set => (Defaults.beta1, Defaults.beta2) = value;
    }

    private Options Defaults => (Options)_defaults;

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        Options own = (Options)(param_group.Options ??= new Options()), defaults = Defaults;
        own.LearningRate ??= defaults.LearningRate;
        own.beta1 ??= defaults.beta1;
        own.beta2 ??= defaults.beta2;
        own.eps ??= defaults.eps;
        own.weight_decay ??= defaults.weight_decay;
        own.amsgrad ??= defaults.amsgrad;
        own.maximize ??= defaults.maximize;
        Add(param_group, parameter => new State(parameter));
    }

    public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    private void Update(ParamGroup group)
    {
        Options o = group.Options;
        double beta1 = o.beta1!.Value, beta2 = o.beta2!.Value, rate = o.LearningRate!.Value, decay = o.weight_decay!.Value;
        foreach (Parameter parameter in group.Parameters)
        {
            Tensor? grad = parameter.grad;
            if (grad is null) continue;
            var state = (State)_state[parameter.handle];
            if (o.maximize!.Value) grad = -grad;
            state.step++;
            if (decay != 0) grad = grad.add(parameter, decay);
            state.exp_avg.mul_(beta1).add_(grad, 1 - beta1);
            state.exp_avg_sq.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
            Tensor second = state.exp_avg_sq;
            if (o.amsgrad!.Value)
            {
                Aten.maximum_out.Update(state.max_exp_avg_sq, second, state.max_exp_avg_sq);
                second = state.max_exp_avg_sq;
            }
            Tensor scale = second.sqrt().div_(Math.Sqrt(1 - Math.Pow(beta2, state.step))).add_(o.eps!.Value);
            parameter.addcdiv_(state.exp_avg, scale, -rate / (1 - Math.Pow(beta1, state.step)));
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) DisposeStates();
    }
}
