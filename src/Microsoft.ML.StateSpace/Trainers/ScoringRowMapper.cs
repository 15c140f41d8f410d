using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Scores rows one at a time, for <see cref="PredictionEngine{TSrc, TDst}"/> and row-wise pipelines.</summary>
internal sealed class ScoringRowMapper(DeepMarkovTransformer model, ScoringSchema schema) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Input;

    public DataViewSchema OutputSchema => schema.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        schema.Dependencies(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredRow(model, schema, input, [.. activeColumns.Select(c => c.Index)]);
    }

    private sealed class ScoredRow : DataViewRow
    {
        private readonly ScoringSchema _schema;
        private readonly DeepMarkovTransformer _model;
        private readonly DataViewRow _input;
        private readonly HashSet<int> _active;
        private Func<Sequence>? _read;
        // What a getter was made for; being active costs nothing, as a PredictionEngine makes every column active.
        private ScoreOutputs _wanted;
        private ScoreOutputs _scored;
        private SequenceScores? _scores;
        private long _scoredPosition = -1;

        public ScoredRow(DeepMarkovTransformer model, ScoringSchema schema, DataViewRow input, HashSet<int> active)
        {
            (_model, _schema, _input, _active) = (model, schema, input, active);
        }

        public override DataViewSchema Schema => _schema.OutputSchema;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (_schema.IsInput(column))
                return _input.GetGetter<TValue>(_schema.Input[column.Index]);
            if (!IsColumnActive(column))
                throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active.");
            _wanted |= _schema.ScoreOf(column).Output;
            return _schema.CreateGetter(column, () => Current(column)) as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Column '{column.Name}' is {column.Type}, not {typeof(TValue)}.");
        }

        /// <exception cref="ArithmeticException">The row's scores are not finite; names row and column.</exception>
        private SequenceScores Current(DataViewSchema.Column column)
        {
            if (_scores is null || _scoredPosition != _input.Position || _scored != _wanted)
            {
                if (_read is null || _scored != _wanted)
                    _read = _schema.CreateReader(_input, _wanted);
                _scores = _model.Scorer.Score([_read()], _wanted)[0];
                (_scoredPosition, _scored) = (_input.Position, _wanted);
            }
            return _schema.FaultOf(column, _scores) is { } fault ? throw Scores.Refusal(Position, column, fault) : _scores;
        }
    }
}
