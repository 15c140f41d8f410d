using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A sequence to be continued.</summary>
/// <param name="Name">What the result calls it.</param>
/// <param name="Steps">The steps that are kept.</param>
/// <param name="Controls">Controls from the first drawn step on; null: those of the sequence itself.</param>
/// <param name="Place">Where it stands in the data, for who must look there; null: its name says enough.</param>
internal sealed record SamplePrefix(string Name, Sequence Steps, SequenceInputs? Controls, string? Place = null);

/// <summary>Draws sequences from a model, from nothing or after a prefix.</summary>
/// <remarks>
/// <para>A prefix is filtered as in scoring, and each sample goes on from a particle of its own, in an order of the
/// prefix's own; samples beyond the number of particles share them.</para>
/// <para>The noise of a sample depends on the seed, the prefix's key and the sample's number. Samples are moved on in blocks that
/// are always full, prefix by prefix, so that a sample's bits do not depend on what else is drawn either.</para>
/// </remarks>
/// <param name="networks">The model.</param>
/// <param name="options">How many, how long, how.</param>
/// <param name="scoring">Filter, particles and seed.</param>
/// <param name="device">Where it runs.</param>
internal sealed class Sampler(StateSpaceNetworks networks, SampleOptions options, ScoringOptions scoring, Device device)
{
    private const int Block = 64;

    // Draws behind a mean that has no closed form.
    private const int MeanDraws = 128;

    // The key of sequences that continue nothing.
    private const ulong NoPrefix = 0x6A09E667F3BCC908;

    private readonly GenerativeModule _model = networks.Generative;
    private readonly SequenceScaling? _scaling = networks.Scaling;
    private readonly IFilter _filter = FilterChoice.Of(networks, scoring, device);

    /// <summary>Sequences that continue nothing, block by block.</summary>
    /// <param name="controlsOf">Controls of a sample by its number; null where the model reads none.</param>
    /// <exception cref="ArithmeticException">A drawn value is not finite; names the sample and the step.</exception>
    public IEnumerable<SampledSequence> Draw(Func<int, SequenceInputs>? controlsOf)
    {
        // Beyond the last time, its own gap goes on.
        var inputs = InModelUnits(_model.Data.HasTimes ? new SequenceInputs(0, default, [0, options.TimeGap]) : SequenceInputs.None)!;
        for (int first = 0; first < options.Samples; first += Block)
        {
            // The last block's surplus samples meet the controls of the last one asked for.
            Future[] futures = [.. Enumerable.Range(first, Block).Select(n => new Future(inputs, 0, InModelUnits(controlsOf?.Invoke(Math.Min(n, options.Samples - 1)))))];
            var rows = Guarded(() => RollOutBlock(null, NoPrefix, first, futures, options.Length));
            for (int i = 0; i < Block && first + i < options.Samples; i++)
                yield return RowOf("", $"sample-{first + i:d5}", first + i, [], rows[i]);
        }
    }

    /// <summary>Every prefix's continuations, prefix by prefix.</summary>
    /// <exception cref="ArithmeticException">A prefix has no finite likelihood, or a drawn value is not finite; it is named.</exception>
    public IEnumerable<SampledSequence> Continue(IReadOnlyList<SamplePrefix> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            float[] kept = Kept(prefix.Steps);
            var rows = Guarded(() => Continue(prefix));
            for (int n = 0; n < options.Samples; n++)
                yield return RowOf(prefix.Name, $"{prefix.Name}-{n:d3}", n, kept, rows[n]);
        }
    }

    private List<Drawn> Continue(SamplePrefix prefix)
    {
        var steps = prefix.Steps.Scaled(_scaling);
        using var batch = SequenceBatch.Create([steps], device, _filter.Type);
        var (last, likelihood) = _filter.Last(batch, [steps]);
        // Without a likelihood weights say nothing, and what goes on from them may yet look sound.
        if (!likelihood.to(ScalarType.Float32).isfinite().all().item<bool>())
            throw new ArithmeticException($"{prefix.Place ?? $"prefix '{prefix.Name}'"}: the prefix's likelihood is not finite; look at its values");
        long[] order = ParticleChoice.Order(scoring.Seed, batch.NoiseKeys, scoring.Particles, CPU).data<long>().ToArray();
        var future = new Future(steps.Inputs, steps.Length, InModelUnits(prefix.Controls));
        Future[] futures = [.. Enumerable.Repeat(future, Block)];
        var rows = new List<Drawn>();
        for (int first = 0; first < options.Samples; first += Block)
        {
            using var scope = NewDisposeScope();
            var chosen = tensor([.. Enumerable.Range(first, Block).Select(n => order[n % scoring.Particles])]).to(device);
            var start = ParticleChoice.AsRows(last, chosen);
            rows.AddRange(RollOutBlock(start, steps.NoiseKey, first, futures, options.Length - steps.Length));
        }
        return rows;
    }

    private Drawn[] RollOutBlock(ModelState? start, ulong key, int first, Future[] futures, int steps)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        bool mean = options.Mode == SampleMode.Mean;
        using var noise = new RowNoise(scoring.Seed, Enumerable.Range(first, Block).Select(n => KeyOf(key, n)), mean ? MeanDraws : 0, device);
        var inputs = FutureInputs.Of(_model.Data, futures, steps, device);
        var state = start;
        var (observations, latents) = (new Tensor[steps], new Tensor[steps]);
        for (int h = 0; h < steps; h++)
        {
            using var stepScope = NewDisposeScope();
            var step = mean ? RollOut.MeanStep(_model, state, inputs[h], noise) : RollOut.Step(_model, state, inputs[h], noise);
            state = step.State.Map(part => part.KeepIn(scope));
            observations[h] = step.Sample.KeepIn(scope);
            latents[h] = state.Latent;
        }
        float[][] x = Trajectory.Rows(stack(observations, 1), _scaling, row => futures[row].ControlsUntil(steps)), z = Trajectory.Rows(stack(latents, 1));
        return [.. x.Zip(z, (values, path) => new Drawn(values, path))];
    }

    private SampledSequence RowOf(string prefix, string id, int sample, float[] kept, Drawn drawn)
    {
        int steps = kept.Length / _model.ObservationSize;
        RequireFinite(id, steps, drawn);
        return new SampledSequence
        {
            SequenceId = id,
            PrefixId = prefix,
            Sample = sample,
            Observations = [.. kept, .. drawn.Observations],
            Latents = [.. Enumerable.Repeat(float.NaN, steps * _model.LatentSize), .. drawn.Latents],
        };
    }

    private void RequireFinite(string id, int first, Drawn drawn)
    {
        foreach (var (name, values, size) in new[] { ("x", drawn.Observations, _model.ObservationSize), ("z", drawn.Latents, _model.LatentSize) })
            if (Array.FindIndex(values, value => !float.IsFinite(value)) is >= 0 and var place)
                throw new ArithmeticException($"{id}: {name} of step {first + place / size} is {values[place]}; "
                    + "the model's steps grow without end: draw fewer (Length), or train it on values of a smaller scale");
    }

    private static float[] Kept(Sequence prefix)
    {
        float[] kept = prefix.Observations[..(prefix.Length * prefix.ObservationSize)].ToArray();
        for (int i = 0; i < kept.Length; i++)
            if (!prefix.IsObserved(i / prefix.ObservationSize, i % prefix.ObservationSize))
                kept[i] = float.NaN;
        return kept;
    }

    private SequenceInputs? InModelUnits(SequenceInputs? inputs) => _scaling is null ? inputs : inputs?.Scaled(_scaling);

    // Neither guard may outlive a yield: both belong to the thread.
    private static T Guarded<T>(Func<T> draw)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return draw();
    }

    // An odd factor keeps the numbers of one prefix apart.
    private static ulong KeyOf(ulong prefix, int sample) => prefix ^ ((ulong)sample + 1) * 0x9E3779B97F4A7C15;

    private sealed record Drawn(float[] Observations, float[] Latents);
}
