using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Steps of Adam and AdamW in float32 on a CPU, in one pass over weight, gradient and means: a call for each operation reads them from memory
/// ten times.</summary>
/// <remarks>The means, as the options, are those of TorchSharp's optimiser, which stays what checkpoints know and what this is tested against. Kingma and
/// Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2.</remarks>
internal sealed class AdamPass
{
    private readonly Func<Settings> _settings;
    private readonly (Parameter Weight, Memory Memory)[] _all;

    private AdamPass(Func<Settings> settings, IEnumerable<(Parameter, Memory)> all)
    {
        _settings = settings;
        _all = [.. all];
    }

    /// <summary>Steps in an optimiser's place; null where it is of another kind, or its parameters somewhere else.</summary>
    /// <param name="optimizer">What remembers.</param>
    /// <param name="parameters">Its parameters, in the order in which it was given them.</param>
    public static AdamPass? Of(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
    {
        bool isServed = parameters.All(p => p.device.type == DeviceType.CPU && p.dtype == ScalarType.Float32 && p.is_contiguous());
        return isServed && SettingsOf(optimizer) is { } settings
            ? new AdamPass(settings, parameters.Zip(((OptimizerHelper)optimizer).state_dict().State.Select(Of))) : null;
    }

    /// <summary>Moves every parameter that a gradient has reached.</summary>
    /// <param name="scale">What gradients are multiplied by first.</param>
    public void Step(GradientScale scale)
    {
        using var scope = NewDisposeScope();
        var (settings, (factor, isFinite)) = (_settings(), scale.Read());
        foreach (var (weight, memory) in _all)
        {
            if (weight.grad is not { } gradient)
                continue;
            var numbers = new Numbers(settings, memory.NextStep(), factor, isFinite);
            Move(RowPanels.Numbers(weight), RowPanels.Numbers(gradient.contiguous()), RowPanels.Numbers(memory.Mean), RowPanels.Numbers(memory.Square), numbers);
        }
    }

    // What derives from them may step otherwise.
    private static Func<Settings>? SettingsOf(optim.Optimizer optimizer) => optimizer switch
    {
        Modules.Adam a when a.GetType() == typeof(Modules.Adam) && a.ParamGroups.ToArray() is [Modules.Adam.ParamGroup { Options: { amsgrad: not true, maximize: not true } own }] =>
            () => new(own.LearningRate!.Value, own.beta1!.Value, own.beta2!.Value, own.eps!.Value, own.weight_decay!.Value, IsDecoupled: false),
        Modules.AdamW w when w.GetType() == typeof(Modules.AdamW) && w.ParamGroups.ToArray() is [Modules.AdamW.ParamGroup { Options: { amsgrad: not true, maximize: not true } own }] =>
            () => new(own.LearningRate!.Value, own.beta1!.Value, own.beta2!.Value, own.eps!.Value, own.weight_decay!.Value, IsDecoupled: true),
        _ => null,
    };

    private static void Move(Span<float> weight, Span<float> gradient, Span<float> mean, Span<float> square, in Numbers by)
    {
        Move(Vectors(weight), Vectors(gradient), Vectors(mean), Vectors(square), by);
        int whole = weight.Length / Vector<float>.Count * Vector<float>.Count, rest = weight.Length - whole;
        if (rest == 0)
            return;
        // What does not fill a vector, in one that it does not fill.
        Span<Vector<float>> w = stackalloc Vector<float>[1], g = stackalloc Vector<float>[1], m = stackalloc Vector<float>[1], s = stackalloc Vector<float>[1];
        weight[whole..].CopyTo(Lanes(w));
        gradient[whole..].CopyTo(Lanes(g));
        mean[whole..].CopyTo(Lanes(m));
        square[whole..].CopyTo(Lanes(s));
        Move(w, g, m, s, by);
        Lanes(w)[..rest].CopyTo(weight[whole..]);
        Lanes(m)[..rest].CopyTo(mean[whole..]);
        Lanes(s)[..rest].CopyTo(square[whole..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Move(Span<Vector<float>> weight, Span<Vector<float>> gradient, Span<Vector<float>> mean, Span<Vector<float>> square, in Numbers by)
    {
        Vector<float> factor = new(by.Factor), added = new(by.Added), kept = new(by.Kept), beta1 = new(by.Beta1), beta2 = new(by.Beta2);
        Vector<float> rest1 = new(by.Rest1), rest2 = new(by.Rest2), root = new(by.Root), epsilon = new(by.Epsilon), step = new(by.Step);
        var present = by.IsFinite ? Vector<int>.AllBitsSet : Vector<int>.Zero;
        for (int i = 0; i < weight.Length; i++)
        {
            var w = weight[i];
            var g = Vector.ConditionalSelect(present, gradient[i] * factor, Vector<float>.Zero) + added * w;
            var m = mean[i] * beta1 + g * rest1;
            var s = square[i] * beta2 + g * g * rest2;
            (mean[i], square[i]) = (m, s);
            weight[i] = w * kept - step * m / (Vector.SquareRoot(s) / root + epsilon);
        }
    }

    private static Span<float> Lanes(Span<Vector<float>> vectors) => MemoryMarshal.Cast<Vector<float>, float>(vectors);

    private static Span<Vector<float>> Vectors(Span<float> all) => MemoryMarshal.Cast<float, Vector<float>>(all);

    private static Memory Of(OptimizerState state) => state switch
    {
        Modules.Adam.State s => new(s.exp_avg, s.exp_avg_sq, () => ++s.step),
        Modules.AdamW.State s => new(s.exp_avg, s.exp_avg_sq, () => ++s.step),
        _ => throw new ArgumentException($"{state.GetType().FullName} is not a state of Adam's.", nameof(state)),
    };

    // What the optimiser remembers of one parameter.
    private sealed record Memory(Tensor Mean, Tensor Square, Func<long> NextStep);

    // The decay is of the weight itself, or added to the gradient.
    private readonly record struct Settings(double Rate, double Beta1, double Beta2, double Epsilon, double Decay, bool IsDecoupled);

    // One step's numbers, for every weight the same.
    private readonly struct Numbers(Settings of, long step, float factor, bool isFinite)
    {
        public readonly float Factor = factor, Beta1 = (float)of.Beta1, Beta2 = (float)of.Beta2, Epsilon = (float)of.Epsilon;
        public readonly float Rest1 = (float)(1 - of.Beta1), Rest2 = (float)(1 - of.Beta2);
        public readonly float Step = (float)(of.Rate / (1 - Math.Pow(of.Beta1, step))), Root = (float)Math.Sqrt(1 - Math.Pow(of.Beta2, step));
        public readonly float Kept = of.IsDecoupled ? (float)(1 - of.Rate * of.Decay) : 1, Added = of.IsDecoupled ? 0 : (float)of.Decay;
        public readonly bool IsFinite = isFinite;
    }
}
