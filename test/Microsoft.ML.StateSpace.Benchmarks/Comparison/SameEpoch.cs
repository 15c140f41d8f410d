using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>A training set whose epochs are all the first one, as the peers have it.</summary>
internal sealed class SameEpoch(TrainingSet inner) : TrainingSet
{
    public override long Count => inner.Count;

    public override IReadOnlyList<Sequence>? Held => inner.Held;

    public override IEnumerable<Sequence> Read() => inner.Read();

    public override IEpochs Plan(TrainingOptions options) => new First(inner.Plan(options));

    public override TrainingSet Select(Func<Sequence, Sequence> change) => new SameEpoch(inner.Select(change));

    private sealed class First(IEpochs epochs) : IEpochs
    {
        public EpochUpdates Epoch(int epoch) => epochs.Epoch(1);

        public EpochUpdates Pass() => epochs.Pass();
    }
}
