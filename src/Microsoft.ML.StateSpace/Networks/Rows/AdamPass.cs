using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Steps of Adam and AdamW in float32 on a CPU, in one pass over weight, gradient and means: a call for each operation reads them from memory
/// ten times.</summary>
internal sealed class AdamPass : IOptimizerPass
{
    private readonly AdamRule _rule;
    private readonly (Parameter Weight, AdamMemory Memory)[] _all;

    private AdamPass(AdamRule rule, IReadOnlyList<Parameter> parameters)
    {
        _rule = rule;
        _all = [.. parameters.Zip(rule.Memories)];
    }

    /// <summary>Steps in an optimiser's place; null where it is of another kind, or its parameters somewhere else.</summary>
    /// <param name="optimizer">What remembers.</param>
    /// <param name="parameters">Its parameters, in the order in which it was given them.</param>
    public static AdamPass? Of(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
    {
        bool isServed = parameters.All(p => p.IsOnHost() && p.dtype == ScalarType.Float32 && p.is_contiguous());
        return isServed && AdamRule.Of(optimizer) is { } rule ? new AdamPass(rule, parameters) : null;
    }

    /// <inheritdoc/>
    public void Step(GradientScale scale)
    {
        using var scope = NewDisposeScope();
        var (settings, (factor, isFinite)) = (_rule.Settings, scale.Read());
        foreach (var (weight, memory) in _all)
        {
            if (weight.grad is not { } gradient)
                continue;
            var numbers = new Numbers(settings, memory.NextStep(), factor, isFinite);
            Move(RowPanels.Numbers(weight), RowPanels.Numbers(gradient.contiguous()), RowPanels.Numbers(memory.Mean), RowPanels.Numbers(memory.Square), numbers);
        }
    }

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

    // One step's numbers, for every weight the same.
    private readonly struct Numbers(in AdamSettings of, long step, float factor, bool isFinite)
    {
        public readonly float Factor = factor, Beta1 = (float)of.Beta1, Beta2 = (float)of.Beta2, Epsilon = (float)of.Epsilon;
        public readonly float Rest1 = (float)(1 - of.Beta1), Rest2 = (float)(1 - of.Beta2);
        public readonly float Step = (float)(of.Rate / of.MeanBias(step)), Root = (float)of.RootBias(step);
        public readonly float Kept = (float)(1 - of.Rate * of.DecoupledDecay), Added = (float)of.CoupledDecay;
        public readonly bool IsFinite = isFinite;
    }
}
