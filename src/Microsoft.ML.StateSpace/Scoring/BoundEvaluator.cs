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

    // Of a window of many rows: what can be read in windows is held one window at a time, and memory does not grow with T.
    private const int LeastWindow = 500;

    private readonly PanelStore _panels = new();

    /// <summary>Steps of a window, of all its rows together; a longer sequence is filtered step by step.</summary>
    internal int LongestWindow { get; init; } = 20_000;

    /// <exception cref="ArithmeticException">A sequence's bound is not finite; it is named.</exception>
    public BoundMetrics Evaluate(IReadOnlyList<Sequence> sequences)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Particles, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FilterParticles);
        ArgumentOutOfRangeException.ThrowIfNegative(options.RefinementSteps);
        if (options.RefinementSteps > 0 && !(options.RefinementRate > 0 && double.IsFinite(options.RefinementRate)))
            throw new ArgumentOutOfRangeException(nameof(options), options.RefinementRate, "RefinementRate must be above 0.");
        networks.eval();
        int iterations = networks.Inference.Iterations;
        var found = new Bounds(new double[sequences.Count], new double[sequences.Count], new double[sequences.Count],
            [.. Enumerable.Range(0, iterations == 0 ? 0 : iterations + 1).Select(_ => new double[sequences.Count])]);
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderBy(i => sequences[i].Length)];
        int done = 0;
        foreach (int[] places in Batches(sequences, order))
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
        var scoring = new ScoringOptions { Filter = filter, Particles = options.FilterParticles, Seed = options.Seed };
        var scorer = new SequenceScorer(networks, scoring, device);
        var likelihood = new double[sequences.Count];
        double sizes = 0, lengths = 0;
        void Take(int place, double found, double size)
        {
            RequireFinite(sequences[place].Id ?? place.ToString(), ("filter", likelihood[place] = found));
            sizes += size;
            lengths += sequences[place].Length;
        }

        int[] whole = [.. order.TakeWhile(i => sequences[i].Length <= LongestWindow)];
        foreach (int[] places in whole.Chunk(scorer.RowsPerBatch))
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var scores = scorer.Score([.. places.Select(i => sequences[i])], ScoreOutputs.LogLikelihood | ScoreOutputs.EffectiveSampleSize);
            for (int i = 0; i < places.Length; i++)
                Take(places[i], scores[i].LogLikelihood!.Sum(l => (double)l), scores[i].EffectiveSampleSize!.Take(sequences[places[i]].Length).Sum(e => (double)e));
        }
        foreach (int place in order.Skip(whole.Length))
        {
            var (found, size) = new LongFilter(networks, scoring, device).Run(sequences[place], options.CancellationToken);
            Take(place, found, size);
        }
        return new FilterFigures(scorer.FilterKind, options.FilterParticles, sizes / lengths, BoundFigures.Of(likelihood, steps));
    }

    // Refined sequences are read whole, the steps of a window of them at a time.
    private IEnumerable<int[]> Batches(IReadOnlyList<Sequence> sequences, int[] order)
    {
        var batches = order.Chunk(RowsPerBatch(networks, options.Particles));
        if (options.RefinementSteps == 0)
            return batches;
        if (order.Length > 0 && sequences[order[^1]] is { Length: var length } longest && length > LongestWindow)
            throw new InvalidOperationException($"Sequence {longest.Id ?? order[^1].ToString()} has {length} steps; RefinementSteps takes sequences of at most {LongestWindow}: "
                + "cut it, or evaluate without.");
        return batches.SelectMany(places => places.Chunk(Math.Max(1, LongestWindow / sequences[places[^1]].Length)));
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
        var windows = new SequenceWindows([.. places.Select(i => sequences[i].Scaled(networks.Scaling))], StepsPerWindow(places.Length));
        var rows = windows.Rows;
        using var energy = found.FreeEnergy.Length == 0 ? null : new FreeEnergySums(rows.Count, found.FreeEnergy.Length, device);
        var traces = options.Trace is null ? null : new FivoTraces(rows, options.Particles);
        ImportanceEvaluation[] groups = [.. Groups().Select((particles, i) => new ImportanceEvaluation(networks, Noise(rows, i, particles), rows.Count, device, energy))];
        using var fivo = new FivoEvaluation(networks, Noise(rows, -1, options.Particles), rows.Count, device, traces);
        try
        {
            Run(windows, groups, fivo);
            var figures = groups.Select(group => (Elbo: group.Elbo(), Evidence: group.Evidence(), group.Particles)).ToArray();
            double[] evidence = fivo.Evidence();
            for (int b = 0; b < rows.Count; b++)
            {
                int place = places[windows.Order[b]];
                double jacobian = rows[b].LogJacobian();
                found.Elbo[place] = figures.Sum(g => g.Elbo[b] * g.Particles) / options.Particles + jacobian;
                double most = figures.Max(g => g.Evidence[b]);
                found.Iwae[place] = most + Math.Log(figures.Sum(g => g.Particles * Math.Exp(g.Evidence[b] - most)) / options.Particles) + jacobian;
                found.Fivo[place] = evidence[b] + jacobian;
                for (int k = 0; k < found.FreeEnergy.Length; k++)
                    found.FreeEnergy[k][place] = energy!.Of(k, b) / options.Particles - jacobian;
                RequireFinite(sequences[place].Id ?? place.ToString(), ("ELBO", found.Elbo[place]), ("IWAE", found.Iwae[place]), ("FIVO", found.Fivo[place]));
                if (traces is not null)
                    options.Trace!(traces.Of(b, place));
            }
        }
        finally
        {
            foreach (var group in groups)
                group.Dispose();
        }
    }

    private void Run(SequenceWindows windows, ImportanceEvaluation[] groups, FivoEvaluation fivo)
    {
        using var reader = new WindowReader(networks.Inference, windows, device, type);
        for (int window = 0; window < windows.Count; window++)
        {
            using var scope = NewDisposeScope();
            using var batch = windows.Create(window, device, type);
            var encoding = Refined(batch, reader.Read(window, batch));
            int goingOn = windows.RowsIn(window + 1);
            foreach (var group in groups)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                group.Run(batch, encoding, goingOn);
            }
            options.CancellationToken.ThrowIfCancellationRequested();
            fivo.Run(batch, encoding, goingOn);
        }
    }

    private Encoding Refined(SequenceBatch batch, Encoding encoding) => options.RefinementSteps == 0 ? encoding
        : new EncodingRefinement(networks, options.RefinementSteps, options.RefinementRate, options.Seed).Run(batch, encoding, options.CancellationToken);

    // What cannot be read in windows is read whole.
    private int StepsPerWindow(int rows) => options.RefinementSteps > 0 || !networks.Inference.EncodesWindows || networks.Tilt is not null ? int.MaxValue
        : Math.Max(LongestWindow / rows, Math.Min(LongestWindow, LeastWindow));

    private IEnumerable<int> Groups()
    {
        for (int left = options.Particles; left > 0; left -= ParticlesPerPass)
            yield return Math.Min(left, ParticlesPerPass);
    }

    private RowNoise Noise(IReadOnlyList<Sequence> rows, int group, int particles) =>
        new(options.Seed ^ (group * 0x61C88647), rows.Select(row => row.NoiseKey), particles, device, type);

    private static void RequireFinite(string sequence, params (string Name, double Value)[] bounds)
    {
        foreach (var (name, value) in bounds)
            if (!double.IsFinite(value))
                throw new ArithmeticException($"The bound ({name}) of sequence {sequence} is not finite; look at its values.");
    }

    // By sequence, in the data's order.
    private sealed record Bounds(double[] Elbo, double[] Iwae, double[] Fivo, double[][] FreeEnergy);
}
