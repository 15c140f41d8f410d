using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Evaluates the ELBO, IWAE and FIVO of sequences, in bounded memory.</summary>
internal sealed class BoundEvaluator(StateSpaceNetworks networks, EvaluationOptions options, Device device,
    ScalarType type = ScalarType.Float32, FilterMethod filter = FilterMethod.Auto)
{
    // Samples are drawn in groups of this many, whose weights are then put together: memory does not grow with S.
    private const int ParticlesPerPass = 100;

    private readonly PanelStore _panels = new();

    /// <exception cref="ArithmeticException">A sequence's bound is not finite; it is named.</exception>
    public BoundMetrics Evaluate(IReadOnlyList<Sequence> sequences)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Particles, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FilterParticles);
        networks.eval();
        int iterations = networks.Inference.Iterations;
        var found = new Bounds(new double[sequences.Count], new double[sequences.Count], new double[sequences.Count],
            [.. Enumerable.Range(0, iterations == 0 ? 0 : iterations + 1).Select(_ => new double[sequences.Count])]);
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderBy(i => sequences[i].Length)];
        int done = 0;
        foreach (int[] places in order.Chunk(RowsPerBatch(networks, options.Particles)))
        {
            Evaluate(sequences, places, found);
            options.Progress?.Report(done += places.Length);
        }
        int[] steps = [.. sequences.Select(s => s.ObservedSteps)];
        return new BoundMetrics(sequences.Count, steps.Sum(s => (long)s), options.Particles,
            BoundFigures.Of(found.Elbo, steps), BoundFigures.Of(found.Iwae, steps), BoundFigures.Of(found.Fivo, steps),
            options.FilterParticles > 0 ? Filter(sequences, order, steps) : null,
            iterations == 0 ? null : [.. found.FreeEnergy.Select(energy => BoundFigures.Of(energy, steps).MeanOfPerStep)]);
    }

    private FilterFigures Filter(IReadOnlyList<Sequence> sequences, int[] order, int[] steps)
    {
        var scorer = new SequenceScorer(networks, new ScoringOptions { Filter = filter, Particles = options.FilterParticles, Seed = options.Seed }, device);
        var likelihood = new double[sequences.Count];
        double sizes = 0, lengths = 0;
        foreach (int[] places in order.Chunk(scorer.RowsPerBatch))
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var scores = scorer.Score([.. places.Select(i => sequences[i])], ScoreOutputs.LogLikelihood | ScoreOutputs.EffectiveSampleSize);
            for (int i = 0; i < places.Length; i++)
            {
                int length = sequences[places[i]].Length;
                likelihood[places[i]] = scores[i].LogLikelihood!.Sum(l => (double)l);
                RequireFinite(scores[i].Id ?? places[i].ToString(), ("filter", likelihood[places[i]]));
                sizes += scores[i].EffectiveSampleSize!.Take(length).Sum(e => (double)e);
                lengths += length;
            }
        }
        return new FilterFigures(scorer.FilterKind, options.FilterParticles, sizes / lengths, BoundFigures.Of(likelihood, steps));
    }

    /// <summary>Rows that share a pass, so that its largest tensors stay around 16 MB.</summary>
    internal static int RowsPerBatch(StateSpaceNetworks networks, int particles)
    {
        var model = networks.Generative;
        long width = 2L * Math.Max(Math.Max(model.LatentSize, model.ObservationSize), model.FeatureSize);
        return (int)Math.Clamp(4_000_000 / (width * particles), 1, 256);
    }

    private void Evaluate(IReadOnlyList<Sequence> sequences, int[] places, Bounds found)
    {
        using var guard = no_grad();
        using var panels = RowPanels.Keep(_panels);
        using var scope = NewDisposeScope();
        Sequence[] rows = [.. places.Select(i => sequences[i].Scaled(networks.Scaling))];
        using var batch = SequenceBatch.Create(rows, device, type);
        var encoding = networks.Inference.Encode(batch, null);
        var passes = new List<(double[] Elbo, double[] Evidence, int Particles)>();
        using var energy = found.FreeEnergy.Length == 0 ? null : new FreeEnergySums(batch, found.FreeEnergy.Length);
        for (int left = options.Particles, pass = 0; left > 0; left -= ParticlesPerPass, pass++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            int particles = Math.Min(left, ParticlesPerPass);
            using var noise = new RowNoise(HashCode(options.Seed, pass), batch.NoiseKeys, particles, device, type);
            var (bound, likelihood) = Pass(batch, encoding, noise, energy);
            passes.Add((bound, likelihood, particles));
        }
        double[] fivo = Fivo(rows, places, batch, encoding);
        for (int b = 0; b < batch.Count; b++)
        {
            int place = places[batch.Order[b]];
            double jacobian = batch.LogJacobians[b];
            found.Elbo[place] = passes.Sum(p => p.Elbo[b] * p.Particles) / options.Particles + jacobian;
            double most = passes.Max(p => p.Evidence[b]);
            found.Iwae[place] = most + Math.Log(passes.Sum(p => p.Particles * Math.Exp(p.Evidence[b] - most)) / options.Particles) + jacobian;
            found.Fivo[place] = fivo[b] + jacobian;
            for (int k = 0; k < found.FreeEnergy.Length; k++)
                found.FreeEnergy[k][place] = energy!.Of(k, b) / options.Particles - jacobian;
            RequireFinite(sequences[place].Id ?? place.ToString(), ("ELBO", found.Elbo[place]), ("IWAE", found.Iwae[place]), ("FIVO", found.Fivo[place]));
        }
    }

    private static void RequireFinite(string sequence, params (string Name, double Value)[] bounds)
    {
        foreach (var (name, value) in bounds)
            if (!double.IsFinite(value))
                throw new ArithmeticException($"The bound ({name}) of sequence {sequence} is not finite; look at its values.");
    }

    private double[] Fivo(Sequence[] rows, int[] places, SequenceBatch batch, Encoding encoding)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        using var noise = new RowNoise(HashCode(options.Seed, -1), batch.NoiseKeys, options.Particles, device, type);
        return ToArray(new FivoEvaluation(networks, batch).Run(encoding, noise, options.Trace is null ? null : (b, weights, sizes, resampled) =>
        {
            var row = rows[batch.Order[b]];
            InDataUnits(weights, row, resampled);
            options.Trace(new ParticleTrace(places[batch.Order[b]], row.Id, weights, sizes, resampled));
        }));
    }

    // W_t holds the densities of all steps since the particles were last resampled.
    private void InDataUnits(float[] weights, Sequence row, bool[] resampled)
    {
        double sum = 0;
        for (int t = 0; t < resampled.Length; t++)
        {
            sum += row.LogJacobianOf(t);
            foreach (ref float weight in weights.AsSpan(t * options.Particles, options.Particles))
                weight += (float)sum;
            if (resampled[t])
                sum = 0;
        }
    }

    private (double[] Elbo, double[] Evidence) Pass(SequenceBatch batch, Encoding encoding, NoiseSource noise, FreeEnergySums? energy)
    {
        using var scope = NewDisposeScope();
        var elbo = zeros([batch.Count], ScalarType.Float64, device);
        var terms = ParticleLoop.Run(new ParticleQuery(networks.Generative, networks.Inference, batch, noise)
        {
            Criterion = ResamplingCriterion.Never,
            Encoding = encoding,
            FreeEnergy = energy is null ? null : energy.Add,
            Observer = step =>
            {
                var kl = step.Posterior.Kl(step.Prior) ?? step.Draw.LogProbability - step.Prior.LogProbability(step.Draw.Latent);
                var term = step.LogLikelihood.mean([0]) - (kl.dim() == 1 ? kl : kl.mean([0]));
                elbo.narrow(0, 0, batch.Active[step.Time]).add_(term.to(ScalarType.Float64));
            },
        });
        return (ToArray(elbo), ToArray(terms.LogEvidence));
    }

    // By sequence, in the data's order.
    private sealed record Bounds(double[] Elbo, double[] Iwae, double[] Fivo, double[][] FreeEnergy);

    private static double[] ToArray(Tensor tensor) => tensor.to(ScalarType.Float64).cpu().data<double>().ToArray();

    private static int HashCode(int seed, int pass) => seed ^ (pass * 0x61C88647);
}
