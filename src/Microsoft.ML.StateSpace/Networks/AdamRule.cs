using TorchSharp.Modules;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>What TorchSharp's Adam or AdamW is set to and remembers, for a pass that steps in its place: the optimiser stays what checkpoints know.</summary>
internal sealed class AdamRule
{
    private readonly Func<AdamSettings> _settings;

    private AdamRule(Func<AdamSettings> settings, IEnumerable<OptimizerState> states)
    {
        _settings = settings;
        Memories = [.. states.Select(Of)];
    }

    /// <summary>Null for an optimiser of another kind.</summary>
    public static AdamRule? Of(optim.Optimizer optimizer) =>
        SettingsOf(optimizer) is { } settings ? new AdamRule(settings, ((OptimizerHelper)optimizer).state_dict().State) : null;

    /// <summary>As they are at present.</summary>
    public AdamSettings Settings => _settings();

    /// <summary>One for each parameter, in the order in which the optimiser was given them.</summary>
    public IReadOnlyList<AdamMemory> Memories { get; }

    // What derives from them may step otherwise.
    private static Func<AdamSettings>? SettingsOf(optim.Optimizer optimizer) => optimizer switch
    {
        Modules.Adam a when a.GetType() == typeof(Modules.Adam) && a.ParamGroups.ToArray() is [Modules.Adam.ParamGroup { Options: { amsgrad: not true, maximize: not true } own }] =>
            () => new(own.LearningRate!.Value, own.beta1!.Value, own.beta2!.Value, own.eps!.Value, own.weight_decay!.Value, DecoupledDecay: 0),
        Modules.AdamW w when w.GetType() == typeof(Modules.AdamW) && w.ParamGroups.ToArray() is [Modules.AdamW.ParamGroup { Options: { amsgrad: not true, maximize: not true } own }] =>
            () => new(own.LearningRate!.Value, own.beta1!.Value, own.beta2!.Value, own.eps!.Value, CoupledDecay: 0, own.weight_decay!.Value),
        _ => null,
    };

    private static AdamMemory Of(OptimizerState state) => state switch
    {
        Modules.Adam.State s => new(s.exp_avg, s.exp_avg_sq, () => ++s.step, (mean, square) => (s.exp_avg, s.exp_avg_sq) = (mean, square)),
        Modules.AdamW.State s => new(s.exp_avg, s.exp_avg_sq, () => ++s.step, (mean, square) => (s.exp_avg, s.exp_avg_sq) = (mean, square)),
        _ => throw new ArgumentException($"{state.GetType().FullName} is not a state of Adam's.", nameof(state)),
    };
}

/// <summary>Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2.</summary>
/// <param name="Rate">The learning rate.</param>
/// <param name="Beta1">What is kept of the mean gradient.</param>
/// <param name="Beta2">What is kept of the mean squared gradient.</param>
/// <param name="Epsilon">What is added to the root of the mean square.</param>
/// <param name="CoupledDecay">The share of a weight that is added to its gradient.</param>
/// <param name="DecoupledDecay">The share of a weight, times the rate, that is taken off it.</param>
internal readonly record struct AdamSettings(double Rate, double Beta1, double Beta2, double Epsilon, double CoupledDecay, double DecoupledDecay)
{
    /// <summary>What a mean gradient, which starts at 0, is divided by after so many steps.</summary>
    public double MeanBias(long steps) => 1 - Math.Pow(Beta1, steps);

    /// <summary>What the root of a mean square is divided by after so many steps.</summary>
    public double RootBias(long steps) => Math.Sqrt(1 - Math.Pow(Beta2, steps));
}

/// <summary>What the optimiser remembers of one parameter.</summary>
/// <param name="Mean">The mean gradient at first.</param>
/// <param name="Square">The mean squared gradient at first.</param>
/// <param name="NextStep">Counts a step, and says which it is.</param>
/// <param name="Replace">Has the optimiser remember in other tensors, which it owns from then on.</param>
internal sealed record AdamMemory(Tensor Mean, Tensor Square, Func<long> NextStep, Action<Tensor, Tensor> Replace);
