using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A row of a sequence, under the columns' names that a model reads.</summary>
internal sealed class SequenceRow
{
    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public bool[] Mask { get; set; } = [];

    public float[] Controls { get; set; } = [];

    public double[] Times { get; set; } = [];

    public float[] Statics { get; set; } = [];
}

/// <summary>Sequences as rows of a data view.</summary>
internal static class SequenceRows
{
    /// <summary>A row per sequence, with those of the columns that have a name.</summary>
    /// <param name="context">Where the view is made.</param>
    /// <param name="sequences">In the data's units.</param>
    /// <param name="columns">Their names.</param>
    public static IDataView View(MLContext context, IReadOnlyList<Sequence> sequences, SequenceColumns columns)
    {
        var definition = SchemaDefinition.Create(typeof(SequenceRow));
        foreach (var (member, name) in new[]
        {
            (nameof(SequenceRow.SequenceId), columns.SequenceId), (nameof(SequenceRow.Observations), columns.Observations), (nameof(SequenceRow.Mask), columns.Mask),
            (nameof(SequenceRow.Controls), columns.Controls), (nameof(SequenceRow.Times), columns.Times), (nameof(SequenceRow.Statics), columns.Static),
        })
        {
            var column = definition.First(c => c.MemberName == member);
            if (name is null)
                definition.Remove(column);
            else
                column.ColumnName = name;
        }
        return context.Data.LoadFromEnumerable(sequences.Select(RowOf).ToList(), definition);
    }

    // Missing numbers are NaN, whether or not there is a mask.
    private static SequenceRow RowOf(Sequence sequence)
    {
        int size = sequence.ObservationSize, steps = sequence.Length;
        float[] values = sequence.Observations[..(steps * size)].ToArray();
        var mask = new bool[values.Length];
        for (int i = 0; i < values.Length; i++)
            if (!(mask[i] = sequence.IsObserved(i / size, i % size)))
                values[i] = float.NaN;
        var inputs = sequence.Inputs;
        return new SequenceRow
        {
            SequenceId = sequence.Id ?? "",
            Observations = values,
            Mask = mask,
            Controls = inputs.OwnControlSize == 0 ? [] : [.. Enumerable.Range(0, inputs.ControlSteps).SelectMany(t => inputs.OwnControlsOf(t).ToArray())],
            Times = inputs.Times is null ? [] : inputs.Times[inputs.StepNumber(0)..],
            Statics = inputs.Statics.ToArray(),
        };
    }
}
