using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>Steps of Adam and AdamW for all parameters together: ten calls, twelve with a weight decay, and one for each parameter, where clipping and the
/// optimiser have ten or eleven for each. For devices on which a call costs more than its arithmetic.</summary>
/// <remarks>The means are the optimiser's: what it remembers of a parameter becomes a part of two flat tensors. Corrected for their start at the end, as
/// Kingma and Ba 2015 have it below algorithm 1: α_t = α √(1 − β2ᵗ) / (1 − β1ᵗ), with ε √(1 − β2ᵗ).</remarks>
internal sealed class FlatAdam : IOptimizerPass, IDisposable
{
    private readonly AdamRule _rule;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Tensor _means;
    private readonly Tensor _squares;

    private FlatAdam(AdamRule rule, IReadOnlyList<Parameter> parameters)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (_rule, _parameters) = (rule, parameters);
        _means = Flat(rule.Memories.Select(memory => memory.Mean)).DetachFromDisposeScope();
        _squares = Flat(rule.Memories.Select(memory => memory.Square)).DetachFromDisposeScope();
        foreach (var (memory, mean, square) in rule.Memories.Zip(Parts(_means, parameters), Parts(_squares, parameters)))
        {
            memory.Replace(mean.DetachFromDisposeScope(), square.DetachFromDisposeScope());
            memory.Mean.Dispose();
            memory.Square.Dispose();
        }
    }

    /// <summary>Steps in an optimiser's place; null where it is of another kind, or its parameters differ in device or type.</summary>
    /// <param name="optimizer">What remembers.</param>
    /// <param name="parameters">Its parameters, in the order in which it was given them.</param>
    public static FlatAdam? Of(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
    {
        bool isServed = parameters.Select(p => (p.dtype, p.device.type, p.device.index)).Distinct().Count() == 1;
        return isServed && AdamRule.Of(optimizer) is { } rule ? new FlatAdam(rule, parameters) : null;
    }

    /// <inheritdoc/>
    public void Step(GradientScale scale)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var settings = _rule.Settings;
        foreach (var stretch in Stretches())
            Move(stretch, settings, scale);
    }

    public void Dispose()
    {
        _means.Dispose();
        _squares.Dispose();
    }

    // Where every gradient reaches every parameter there is one.
    private List<Stretch> Stretches()
    {
        var stretches = new List<Stretch>();
        long start = 0;
        foreach (var (parameter, memory) in _parameters.Zip(_rule.Memories))
        {
            if (parameter.grad is { } gradient)
            {
                long step = memory.NextStep();
                if (stretches is not [.., var last] || last.Step != step || last.End != start)
                    stretches.Add(last = new Stretch(step, start));
                last.Add(parameter, gradient);
            }
            start += parameter.numel();
        }
        return stretches;
    }

    private void Move(Stretch stretch, in AdamSettings by, GradientScale scale)
    {
        using var scope = NewDisposeScope();
        Tensor gradient = Flat(stretch.Gradients), mean = stretch.Of(_means), square = stretch.Of(_squares);
        scale.Apply(gradient);
        if (by.CoupledDecay != 0)
            gradient.add_(Flat(stretch.Parameters), by.CoupledDecay);
        mean.mul_(by.Beta1).add_(gradient, 1 - by.Beta1);
        square.mul_(by.Beta2).addcmul_(gradient, gradient, 1 - by.Beta2);
        double root = by.RootBias(stretch.Step), unbiased = root / by.MeanBias(stretch.Step);
        var direction = mean / square.sqrt().add_(by.Epsilon * root);
        if (by.DecoupledDecay != 0)
            direction.add_(Flat(stretch.Parameters), by.DecoupledDecay / unbiased);
        foreach (var (parameter, part) in stretch.Parameters.Zip(Parts(direction, stretch.Parameters)))
            parameter.add_(part, -by.Rate * unbiased);
    }

    private static Tensor Flat(IEnumerable<Tensor> tensors) => cat([.. tensors.Select(one => one.reshape(-1))], 0);

    private static IEnumerable<Tensor> Parts(Tensor flat, IReadOnlyList<Parameter> parameters) =>
        flat.split([.. parameters.Select(p => p.numel())], 0).Zip(parameters, (part, parameter) => part.view(parameter.shape));

    // Neighbours that gradients have reached equally often, so that their parts of the means are one.
    private sealed class Stretch(long step, long start)
    {
        private long _length;

        public long Step => step;

        public long End => start + _length;

        public List<Parameter> Parameters { get; } = [];

        public List<Tensor> Gradients { get; } = [];

        public void Add(Parameter parameter, Tensor gradient)
        {
            Parameters.Add(parameter);
            Gradients.Add(gradient);
            _length += parameter.numel();
        }

        public Tensor Of(Tensor flat) => flat.narrow(0, start, _length);
    }
}
