using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A data view of sequences with the model's output columns added, computed in batches and only where asked for.</summary>
internal sealed class ScoredDataView(DeepMarkovTransformer model, ScoringSchema schema, IDataView input) : IDataView
{
    private readonly BatchingDataView<Sequence, SequenceScores> _view = new(input, new SequenceScoring(model, schema));

    public bool CanShuffle => _view.CanShuffle;

    public DataViewSchema Schema => _view.Schema;

    public long? GetRowCount() => _view.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        _view.GetRowCursor(columnsNeeded, rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        _view.GetRowCursorSet(columnsNeeded, n, rand);

    private sealed class SequenceScoring(DeepMarkovTransformer model, ScoringSchema schema) : BatchScoring<Sequence, SequenceScores>
    {
        public override DataViewSchema OutputSchema => schema.OutputSchema;

        public override int InputColumnCount => schema.Input.Count;

        public override int RowsPerBatch => model.Scorer.RowsPerBatch;

        public override IEnumerable<DataViewSchema.Column> RowColumns => schema.Binding.Columns;

        public override Func<Sequence> CreateReader(DataViewRow input) => schema.Binding.CreateReader(input);

        public override Func<Sequence> CreateReader(DataViewRow input, IReadOnlyList<DataViewSchema.Column> computed) =>
            schema.CreateReader(input, Outputs(computed));

        public override IReadOnlyList<SequenceScores> Score(IReadOnlyList<Sequence> rows, IReadOnlyList<DataViewSchema.Column> computed) =>
            model.Scorer.Score(rows, Outputs(computed));

        private ScoreOutputs Outputs(IReadOnlyList<DataViewSchema.Column> computed) =>
            computed.Aggregate(ScoreOutputs.None, (outputs, column) => outputs | schema.ScoreOf(column).Output);

        public override string? FaultOf(DataViewSchema.Column column, SequenceScores scores) => schema.FaultOf(column, scores);

        public override Delegate CreateGetter(DataViewSchema.Column column, Func<SequenceScores> current) => schema.CreateGetter(column, current);
    }
}
