using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The sequences that a model is trained on: held in memory, or read anew as often as they are needed.</summary>
internal abstract class TrainingSet
{
    /// <summary>How many there are.</summary>
    public abstract long Count { get; }

    /// <summary>The sequences, where they are in memory; else null.</summary>
    public virtual IReadOnlyList<Sequence>? Held => null;

    /// <summary>Every sequence once, in the data's order.</summary>
    public abstract IEnumerable<Sequence> Read();

    /// <summary>The epochs of a stage.</summary>
    public abstract IEpochs Plan(TrainingOptions options);

    /// <summary>The same sequences, each changed in the same way.</summary>
    public abstract TrainingSet Select(Func<Sequence, Sequence> change);

    /// <summary>Sequences in memory.</summary>
    public static TrainingSet Of(IReadOnlyList<Sequence> sequences) => new InMemory(sequences);

    private sealed class InMemory(IReadOnlyList<Sequence> sequences) : TrainingSet
    {
        public override long Count => sequences.Count;

        public override IReadOnlyList<Sequence>? Held => sequences;

        public override IEnumerable<Sequence> Read() => sequences;

        public override IEpochs Plan(TrainingOptions options) => new EpochPlan(sequences, options);

        public override TrainingSet Select(Func<Sequence, Sequence> change) => new InMemory([.. sequences.Select(change)]);
    }
}

/// <summary>The order in which a stage sees its sequences.</summary>
internal interface IEpochs
{
    /// <summary>The updates of an epoch, from 1: the same whenever they are asked for.</summary>
    EpochUpdates Epoch(int epoch);

    /// <summary>Batches of like lengths with every sequence once, the same every time: clips, windows and limits do not count.</summary>
    EpochUpdates Pass();
}

/// <summary>The updates of one epoch.</summary>
/// <param name="Count">How many there are; where windows are streamed, about how many.</param>
/// <param name="Batches">One for each update, to be enumerated once.</param>
internal sealed record EpochUpdates(int Count, IEnumerable<TrainingBatch> Batches);

/// <summary>What one update looks at.</summary>
/// <param name="Rows">The sequences, or the clips or windows of them, in the order of <paramref name="Places"/>.</param>
/// <param name="Places">Which training sequences they are of; −1 where no number tells.</param>
/// <param name="Window">Which window of these sequences, from 0; row i of a window goes on with row i of the one before.</param>
internal sealed record TrainingBatch(IReadOnlyList<Sequence> Rows, int[] Places, int Window = 0)
{
    /// <summary>Whether no window goes on from this one.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>The rows dealt one by one, there and back again: at most so many parts, none of them empty and, of rows in the order of their
    /// lengths, none much longer than another. Row i of a part goes on with row i of that part one window before.</summary>
    public TrainingBatch[] Deal(int parts) => parts == 1 ? [this] : [.. Enumerable.Range(0, Math.Min(parts, Rows.Count)).Select(part =>
    {
        int[] own = [.. Enumerable.Range(0, Rows.Count).Where(i => (i / parts % 2 == 0 ? i % parts : parts - 1 - i % parts) == part)];
        return this with { Rows = [.. own.Select(i => Rows[i])], Places = [.. own.Select(i => Places[i])] };
    })];

    /// <summary>Whether any value is observed.</summary>
    public bool IsObserved => Rows.Any(r => r.ObservedSteps > 0);
}
