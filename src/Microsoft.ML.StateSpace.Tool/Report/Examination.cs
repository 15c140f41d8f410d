using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>Finds what a report tells of a model and some data.</summary>
/// <param name="model">The model.</param>
/// <param name="modelName">Its file's name.</param>
/// <param name="options">What is looked at.</param>
/// <param name="display">Told how far it has come.</param>
/// <param name="cancellation">Stops it.</param>
internal sealed class Examination(ModelFile model, string modelName, ReportOptions options, ProgressDisplay display, CancellationToken cancellation)
{
    private const ScoreOutputs Wanted = ScoreOutputs.SmoothedMean | ScoreOutputs.SmoothedStd | ScoreOutputs.FilteredMean | ScoreOutputs.LogLikelihood
        | ScoreOutputs.EffectiveSampleSize | ScoreOutputs.AnomalyScore;

    private readonly DeepMarkovTransformer _part = model.StateSpace;

    /// <summary>Looks at the rows of a data file.</summary>
    /// <param name="view">The rows.</param>
    /// <param name="dataName">The file's name.</param>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="ArithmeticException">A bound or forecast is not finite; names the sequence.</exception>
    public ReportContent Run(IDataView view, string dataName)
    {
        IDataView rows = model.BeforeStateSpace(view);
        List<Sequence> sequences = _part.ReadSequences(rows);
        DataFacts facts = DataFacts.Of(dataName, [.. view.Schema.Where(c => !c.IsHidden).Select(c => (c.Name, $"{c.Type}"))], sequences, Dimensions(rows.Schema));
        int[] evaluated = Spread(sequences.Count, options.Evaluated);
        Sequence[] chosen = [.. evaluated.Select(i => sequences[i])];
        int[] shown = [.. Spread(chosen.Length, options.Sequences)];
        var (bounds, traces) = Evaluate(chosen, shown);
        ForecastStudy? forecasts = ForecastStudy.Of(_part, chosen, options, facts.IsBinary, (done, detail) => display.Report("forecasts", done, detail), cancellation);
        string?[]? names = Names(rows);
        return new ReportContent
        {
            Options = options,
            ModelName = modelName,
            Chain = [.. ModelFile.Parts(model.Transformer).Select(part => part.GetType().Name)],
            Model = _part,
            Data = facts,
            Evaluated = chosen.Length,
            Bounds = bounds,
            Forecasts = forecasts?.Content,
            Shown = Show(shown, chosen, i => names?[evaluated[i]] ?? Markup.Say($"row {evaluated[i]}"), i => evaluated[i], traces, forecasts),
        };
    }

    /// <summary>Places spread evenly over a number of them, the first among them.</summary>
    public static int[] Spread(int count, int most) => [.. Enumerable.Range(0, Math.Min(count, most)).Select(i => (int)((long)i * count / Math.Min(count, most)))];

    private IReadOnlyList<string> Dimensions(DataViewSchema schema)
    {
        string[] names = ScoreAnnotations.NamesOfObservations(schema[_part.Options.ObservationColumnName], _part.ObservationSize);
        if (options.Names is null)
            return names;
        return options.Names.Count == names.Length ? options.Names
            : throw new UsageException($"--names has {options.Names.Count} names; the model reads {names.Length} numbers per step");
    }

    private string?[]? Names(IDataView rows) =>
        FutureControls.IdColumn(rows.Schema, _part.Options.SequenceIdColumnName) is { } id ? [.. IdsOf(rows, rows.Schema[id])] : null;

    private static IEnumerable<string?> IdsOf(IDataView rows, DataViewSchema.Column column)
    {
        using DataViewRowCursor cursor = rows.GetRowCursor([column]);
        Func<string?> read = SequenceBinding.IdGetter(cursor, column);
        while (cursor.MoveNext())
            yield return read();
    }

    private (BoundMetrics Bounds, Dictionary<int, ParticleTrace> Traces) Evaluate(Sequence[] sequences, int[] shown)
    {
        var traces = new Dictionary<int, ParticleTrace>();
        var evaluator = new BoundEvaluator(_part.Networks, new EvaluationOptions
        {
            Particles = options.Particles,
            FilterParticles = _part.Options.Particles,
            Seed = options.Seed,
            CancellationToken = cancellation,
            Progress = new SequenceProgress(done => display.Report("bounds", (double)done / sequences.Length, $"{done} sequences")),
            Trace = trace =>
            {
                if (shown.Contains(trace.Place))
                    traces[trace.Place] = trace with { LogWeights = [] };
            },
        }, _part.Device, filter: _part.Options.Filter);
        return (evaluator.Evaluate(sequences), traces);
    }

    // Each alone: the longest one alone decides how much memory it takes.
    private List<ShownSequence> Show(int[] shown, Sequence[] sequences, Func<int, string> name, Func<int, int> place, Dictionary<int, ParticleTrace> traces, ForecastStudy? forecasts)
    {
        var scorer = new SequenceScorer(_part.Networks, _part.Options.Scoring with { Seed = options.Seed }, _part.Device, _part.Calibration);
        var reconstructor = new Reconstructor(_part.Networks, options.Paths, options.Seed, _part.Device);
        double tail = (1 - ReportOptions.BandLevel) / 2;
        var result = new List<ShownSequence>();
        foreach (int i in shown)
        {
            cancellation.ThrowIfCancellationRequested();
            display.Report("sequences", (double)result.Count / shown.Length, $"{result.Count} of {shown.Length} to be drawn");
            Sequence sequence = sequences[i];
            result.Add(new ShownSequence
            {
                Place = place(i),
                Name = name(i),
                Sequence = sequence,
                First = Math.Max(0, sequence.Length - options.Steps),
                Scores = scorer.Score([sequence], Wanted)[0],
                Reconstruction = reconstructor.Run([sequence], tail, 1 - tail)[0],
                Trace = traces[i],
                Fan = forecasts?.FanOf(i),
            });
        }

        display.Report("sequences", 1, $"{result.Count} of {shown.Length} to be drawn");
        return result;
    }

    // Progress<T> would report on another thread, and late.
    private sealed class SequenceProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
