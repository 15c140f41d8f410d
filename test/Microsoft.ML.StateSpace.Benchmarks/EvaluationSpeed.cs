using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>What particles cost: the importance-weighted and the filtering bound of a batch of 20 chorales with 128 particles, beside 128 times
/// the bound with one.</summary>
internal static class EvaluationSpeed
{
    private const int Particles = 128, Rows = 20;

    public static object Run(ChoraleData data)
    {
        var options = ChoraleData.Options;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(88), ReadsMask: false);
        using var networks = parts.Create(1);
        networks.eval();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create([.. data.Sequences.OrderBy(s => s.Length).Skip(100).Take(Rows)]);
        var encoding = networks.Inference.Encode(batch, null);
        var found = new[] { ("IWAE", ResamplingCriterion.Never), ("FIVO", ResamplingCriterion.EffectiveSampleSize) }.Select(bound =>
        {
            Timing one = Of(1), many = Of(Particles);
            double share = many.Median / (Particles * one.Median);
            Console.WriteLine($"{bound.Item1}, {Rows} chorales   {many.Median:f3} s with {Particles} particles, {one.Median * 1e3:f1} ms with one: {share:f2} of {Particles} times as much");
            return new { bound = bound.Item1, one, many, particles = Particles, share };

            Timing Of(int particles) => Timing.Of(5, () =>
            {
                using var scope = NewDisposeScope();
                using var noise = new RowNoise(1, batch.NoiseKeys, particles);
                ParticleLoop.Run(networks.Generative, networks.Inference, batch, noise, bound.Item2, encoding);
            });
        });
        return new { benchmark = "evaluation", bounds = found.ToArray() };
    }
}
