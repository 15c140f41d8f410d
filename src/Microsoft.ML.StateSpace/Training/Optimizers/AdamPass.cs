using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Steps of <see cref="Adam"/> and <see cref="AdamW"/> in float32 on a CPU, in one pass over weight, gradient and means: a call for each operation
/// reads them from memory ten times.</summary>
/// <remarks>The means are the optimiser's own, which stays what checkpoints know and what this is tested against. Kingma and Ba 2015, algorithm 1;
/// Loshchilov and Hutter 2019, algorithm 2.</remarks>
internal sealed class AdamPass
{
    private readonly AdamBase _options;
    private readonly (Parameter Weight, Memory Memory)[] _all;

    private AdamPass(AdamBase options, IEnumerable<(Parameter, Memory)> all)
    {
        _options = options;
        _all = [.. all];
    }

    /// <summary>Steps for an optimiser's parameters; null where they are of another kind, or somewhere else.</summary>
    /// <param name="options">What made the optimiser.</param>
    /// <param name="optimizer">It.</param>
    /// <param name="parameters">Its parameters, in the order in which it was given them.</param>
    public static AdamPass? Of(Optimizer options, optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
    {
        bool isServed = options is Adam or AdamW && parameters.All(p => p.device.type == DeviceType.CPU && p.dtype == ScalarType.Float32 && p.is_contiguous());
        return isServed ? new AdamPass((AdamBase)options, parameters.Zip(((OptimizerHelper)optimizer).state_dict().State.Select(Of))) : null;
    }

    /// <summary>Moves every parameter that a gradient has reached.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="scale">What gradients are multiplied by first.</param>
    public void Step(double rate, GradientScale scale)
    {
        using var scope = NewDisposeScope();
        var (factor, isFinite) = scale.Read();
        foreach (var (weight, memory) in _all)
        {
            if (weight.grad is not { } gradient)
                continue;
            var numbers = new Numbers(_options, rate, memory.NextStep(), factor, isFinite);
            Move(Floats(weight), Floats(gradient.contiguous()), Floats(memory.Mean), Floats(memory.Square), numbers);
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

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

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

    // One step's numbers, for every weight the same.
    private readonly struct Numbers(AdamBase options, double rate, long step, float factor, bool isFinite)
    {
        public readonly float Factor = factor, Beta1 = (float)options.Beta1, Beta2 = (float)options.Beta2, Epsilon = (float)options.Epsilon;
        public readonly float Rest1 = (float)(1 - options.Beta1), Rest2 = (float)(1 - options.Beta2);
        public readonly float Step = (float)(rate / (1 - Math.Pow(options.Beta1, step))), Root = (float)Math.Sqrt(1 - Math.Pow(options.Beta2, step));

        // The decay: of the weight itself, or added to the gradient.
        public readonly float Kept = options is AdamW ? (float)(1 - rate * options.WeightDecay) : 1, Added = options is AdamW ? 0 : (float)options.WeightDecay;

        public readonly bool IsFinite = isFinite;
    }
}
