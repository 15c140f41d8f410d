using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Sequences that are read from a data view as often as they are needed; some of them are held in memory at a time.</summary>
/// <param name="data">The rows; the order of a cursor depends on its random source only.</param>
/// <param name="binding">How they are read.</param>
/// <param name="survey">What one pass over them has told.</param>
/// <param name="rowsInMemory">The most training sequences held at a time.</param>
/// <param name="change">What is done to each.</param>
internal sealed class StreamedSet(IDataView data, SequenceBinding binding, StreamSurvey survey, int rowsInMemory, Func<Sequence, Sequence>? change = null) : TrainingSet
{
    /// <inheritdoc/>
    public override long Count { get; } = survey.Rows - survey.Validation.Count;

    /// <summary>The most training sequences held at a time.</summary>
    public int RowsInMemory => rowsInMemory;

    /// <summary>How many sequences have each length.</summary>
    public IReadOnlyDictionary<int, long> Lengths => survey.Lengths;

    /// <inheritdoc/>
    public override IEnumerable<Sequence> Read() => Rows().Select(row => row.Sequence);

    /// <inheritdoc/>
    public override IEpochs Plan(TrainingOptions options) => new StreamedEpochs(this, options);

    /// <inheritdoc/>
    public override TrainingSet Select(Func<Sequence, Sequence> next) =>
        new StreamedSet(data, binding, survey, rowsInMemory, change is null ? next : sequence => next(change(sequence)));

    /// <summary>The training sequences with the numbers of their rows; −1 where the row's id is none.</summary>
    /// <param name="order">Shuffles the rows where the data view can; null: the data's order.</param>
    /// <param name="sample">Which of them to read; null: all.</param>
    /// <exception cref="InvalidOperationException">There are more or fewer rows than once there were.</exception>
    public IEnumerable<(Sequence Sequence, int Row)> Rows(Random? order = null, SelectionSampling? sample = null)
    {
        using var cursor = data.GetRowCursor(binding.Columns, data.CanShuffle ? order : null);
        var (read, readId) = (binding.CreateReader(cursor), cursor.GetIdGetter());
        var id = default(DataViewRowId);
        long rows = 0;
        while (sample?.IsDone != true && cursor.MoveNext())
        {
            readId(ref id);
            if (survey.HeldOut.Contains(id))
                continue;
            rows++;
            if (sample?.Takes() == false)
                continue;
            var sequence = read();
            yield return (change is null ? sequence : change(sequence), id.High == 0 && id.Low <= int.MaxValue ? (int)id.Low : -1);
        }
        if (sample?.IsDone != true && rows != Count)
            throw new InvalidOperationException($"The data changed while the model was trained: it has {rows} rows to train on and had {Count}.");
    }
}

/// <summary>So many of a known number of rows, every choice as likely as any other (Knuth, The Art of Computer Programming 2, algorithm S).</summary>
/// <param name="wanted">Rows to take.</param>
/// <param name="rows">Rows there are.</param>
/// <param name="random">Chooses.</param>
internal sealed class SelectionSampling(long wanted, long rows, Random random)
{
    /// <summary>Whether all are taken.</summary>
    public bool IsDone => wanted == 0;

    /// <summary>Whether the next row is taken.</summary>
    public bool Takes()
    {
        bool takes = random.NextDouble() * rows < wanted;
        rows--;
        if (takes)
            wanted--;
        return takes;
    }
}
