using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>An input schema with its sequence columns found, and the output schema that follows.</summary>
internal sealed class ScoringSchema
{
    public ScoringSchema(DataViewSchema input, SequenceColumns columns, ModelParts parts, int horizon)
    {
        Input = input;
        Binding = new SequenceBinding(input, columns, parts.Generative.FaultOf);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        foreach (var column in ScoreColumns.All)
        {
            int? size = column.Size(Binding.FixedSteps, parts.Generative.LatentSize, parts.Data.ObservationSize, horizon);
            builder.AddColumn(column.Name, new VectorDataViewType(NumberDataViewType.Single, size ?? 0));
        }
        OutputSchema = builder.ToSchema();
    }

    public DataViewSchema Input { get; }

    public SequenceBinding Binding { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>Whether an output column is the input's own.</summary>
    public bool IsInput(DataViewSchema.Column column) => column.Index < Input.Count;

    /// <summary>The score behind an output column.</summary>
    public ScoreColumn ScoreOf(DataViewSchema.Column column) => ScoreColumns.All[column.Index - Input.Count];

    /// <summary>Why a row's scores cannot be given out, or null.</summary>
    public string? FaultOf(DataViewSchema.Column column, SequenceScores scores) =>
        (scores.NotFinite & ScoreOf(column).Output) == 0 ? null
            : $"the scores of {(scores.Id is null ? "the sequence" : $"sequence '{scores.Id}'")} are not finite; look at its values";

    /// <summary>The input columns that the output columns need.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> outputs)
    {
        var needed = outputs.ToList();
        var passed = needed.Where(IsInput).Select(c => Input[c.Index]);
        return (needed.All(IsInput) ? passed : passed.Concat(Binding.Columns)).DistinctBy(c => c.Index);
    }
}
