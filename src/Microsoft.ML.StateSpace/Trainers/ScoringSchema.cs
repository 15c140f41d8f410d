using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>An input schema with its sequence columns found, and the output schema that follows.</summary>
internal sealed class ScoringSchema
{
    private readonly DataShape _data;
    private readonly string? _controlColumn;
    private readonly int _horizon;
    private readonly IReadOnlyList<ScoreColumn> _scores;

    public ScoringSchema(DataViewSchema input, SequenceColumns columns, ModelParts parts, ScoringOptions options)
    {
        (_data, _controlColumn, _horizon) = (parts.Data, columns.Controls, options.Horizon);
        Input = input;
        Binding = new SequenceBinding(input, columns, parts.Generative.FaultOf);
        _scores = ScoreColumns.Of(options);
        string[] observations = ScoreAnnotations.NamesOfObservations(Binding.Observations, parts.Data.ObservationSize);
        uint setId = ScoreAnnotations.NextSetId(input);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        foreach (var column in _scores)
        {
            int[] sizes = [.. column.Axes.Select(axis => SizeOf(axis, parts, options))];
            DataViewType type = column.IsScalar ? NumberDataViewType.Single : new VectorDataViewType(NumberDataViewType.Single, sizes);
            builder.AddColumn(column.Name, type, ScoreAnnotations.Of(column, sizes, options, observations, setId));
        }
        OutputSchema = builder.ToSchema();
    }

    public DataViewSchema Input { get; }

    public SequenceBinding Binding { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>Whether an output column is the input's own.</summary>
    public bool IsInput(DataViewSchema.Column column) => column.Index < Input.Count;

    /// <summary>The score behind an output column.</summary>
    public ScoreColumn ScoreOf(DataViewSchema.Column column) => _scores[column.Index - Input.Count];

    /// <summary>Makes a reader of the present row of a cursor.</summary>
    /// <param name="input">The cursor.</param>
    /// <param name="outputs">What the rows are read for: a forecast needs controls that reach as far.</param>
    public Func<Sequence> CreateReader(DataViewRow input, ScoreOutputs outputs)
    {
        var read = Binding.CreateReader(input);
        if ((outputs & SequenceScorer.Forecasts) == 0)
            return read;
        return () =>
        {
            var row = read();
            return new Future(row.Inputs, row.Length).FaultFor(_data, _horizon) is not { } fault ? row
                : throw new SequenceFormatException(fault).At($"row {input.Position}{(row.Id is null ? "" : $" ('{row.Id}')")}, column '{_controlColumn}'");
        };
    }

    /// <summary>Why a row's scores cannot be given out, or null.</summary>
    public string? FaultOf(DataViewSchema.Column column, SequenceScores scores) =>
        (scores.NotFinite & ScoreOf(column).Output) == 0 ? null
            : $"the scores of {(scores.Id is null ? "the sequence" : $"sequence '{scores.Id}'")} are not finite; look at its values";

    /// <summary>A <see cref="ValueGetter{TValue}"/> of an output column's type over the scores that <paramref name="current"/> gives.</summary>
    public Delegate CreateGetter(DataViewSchema.Column column, Func<SequenceScores> current)
    {
        var score = ScoreOf(column);
        return score.IsScalar ? (ValueGetter<float>)((ref float value) => value = score.Values(current())[0])
            : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Scores.CopyTo(score.Values(current()), ref value));
    }

    /// <summary>The input columns that the output columns need.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> outputs)
    {
        var needed = outputs.ToList();
        var passed = needed.Where(IsInput).Select(c => Input[c.Index]);
        return (needed.All(IsInput) ? passed : passed.Concat(Binding.Columns)).DistinctBy(c => c.Index);
    }

    private int SizeOf(ScoreAxis axis, ModelParts parts, ScoringOptions options) => axis switch
    {
        ScoreAxis.Step => Binding.FixedSteps ?? 0,
        ScoreAxis.Latent => parts.Generative.LatentSize,
        ScoreAxis.Observation => parts.Data.ObservationSize,
        ScoreAxis.Ahead => options.Horizon,
        ScoreAxis.Quantile => options.Quantiles.Count,
        _ => options.SamplePaths,
    };
}
