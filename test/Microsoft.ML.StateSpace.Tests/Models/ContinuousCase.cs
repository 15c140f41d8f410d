using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static Microsoft.ML.StateSpace.Tests.Oracles.LinearAlgebra;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

/// <summary>A continuous-time system of three latents and two observed numbers, and what it does over a gap: by power series and
/// quadrature in plain arrays, which share nothing with a block matrix exponential.</summary>
internal static class ContinuousCase
{
    public const int LatentSize = 3, ObservationSize = 2, ControlSize = 2;

    /// <summary>F: damped, turning, and not symmetric.</summary>
    public static readonly double[,] Drift = { { -0.6, 0.9, 0.1 }, { -0.7, -0.4, 0.3 }, { 0.2, -0.1, -0.9 } };

    /// <summary>L Lᵀ</summary>
    public static readonly double[,] Diffusion = { { 0.8, 0.2, -0.1 }, { 0.2, 0.5, 0.1 }, { -0.1, 0.1, 0.4 } };

    /// <summary>B</summary>
    public static readonly double[,] Control = { { 0.5, -0.3 }, { 0.1, 0.8 }, { -0.4, 0.2 } };

    public static ContinuousLinearGaussianModule Make(bool stable = false, int controls = 0, ScalarType type = ScalarType.Float64)
    {
        var module = new ContinuousLinearGaussianModule(
            new ContinuousLinearGaussianModel { LatentSize = LatentSize, Stable = stable, Controls = controls > 0 },
            new DataShape(ObservationSize, controls, HasTimes: true), new Initializer(1));
        module.to(type);
        module.Set(LinearGaussianCase.Parameters(seed: 3).To(type));
        module.Set(tensor(Drift).to(type), tensor(Diffusion).to(type), controls == 0 ? null : tensor(Control).to(type));
        return module;
    }

    /// <summary>Ragged sequences at irregular times, values missing, some steps wholly; times and controls reach three steps further.</summary>
    public static List<Sequence> Sequences(double missing, int controls = 0, double scale = 1)
    {
        var random = new Random(4);
        return [.. RandomSequences.Make(5, ObservationSize, 8, missing).Select(s =>
        {
            double clock = 10 * random.NextDouble();
            double[] times = [.. Enumerable.Range(0, s.Steps + 3).Select(_ => clock += scale * (0.1 + 2 * random.NextDouble()))];
            float[] inputs = [.. Enumerable.Range(0, (s.Steps + 3) * controls).Select(_ => (float)(2 * random.NextDouble() - 1))];
            return new Sequence(ObservationSize, [.. Enumerable.Range(0, s.Observations.Length)
                .Select(i => s.IsObserved(i / ObservationSize, i % ObservationSize) ? s.Observations[i] : float.NaN)],
                id: s.Id, inputs: new SequenceInputs(controls, inputs, times));
        })];
    }

    /// <summary>exp(a t) by its power series, halved and squared.</summary>
    public static double[,] Exponential(double[,] a, double t)
    {
        const int Halvings = 12;
        var x = Scale(a, t / (1 << Halvings));
        double[,] sum = Identity(a.GetLength(0)), term = sum;
        for (int k = 1; k < 12; k++)
            sum = Add(sum, term = Scale(Multiply(term, x), 1.0 / k));
        for (int i = 0; i < Halvings; i++)
            sum = Multiply(sum, sum);
        return sum;
    }

    /// <summary>∫₀ᵗ exp(F s) m exp(F s)ᵀ ds, or ∫₀ᵗ exp(F s) m ds, by Simpson's rule.</summary>
    public static double[,] Integral(double[,] m, double t, bool bothSides)
    {
        const int Parts = 400;
        double h = t / Parts;
        var sum = new double[m.GetLength(0), m.GetLength(1)];
        var step = Exponential(Drift, h);
        var power = Identity(m.GetLength(0));
        for (int i = 0; i <= Parts; i++, power = Multiply(power, step))
            sum = Add(sum, bothSides ? Sandwich(power, m) : Multiply(power, m), h / 3 * (i is 0 or Parts ? 1 : i % 2 == 1 ? 4 : 2));
        return sum;
    }

    public static double[,] Scale(double[,] a, double by) => Add(new double[a.GetLength(0), a.GetLength(1)], a, by);
}
