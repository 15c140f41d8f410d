using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Free energies of a batch before and after each iteration of an inference network, summed over particles and observed steps.</summary>
internal sealed class FreeEnergySums : IDisposable
{
    private readonly SequenceBatch _batch;
    private readonly Tensor _sums;
    private double[]? _read;

    /// <param name="batch">The batch.</param>
    /// <param name="records">K + 1.</param>
    public FreeEnergySums(SequenceBatch batch, int records) =>
        (_batch, _sums) = (batch, zeros([records, batch.Count], ScalarType.Float64, batch.Device).DetachFromDisposeScope());

    /// <summary>Adds a step's free energy, [particle, row].</summary>
    public void Add(int step, int iteration, Tensor energy)
    {
        using var scope = NewDisposeScope();
        var rows = energy.to(ScalarType.Float64).sum(dim: 0);
        if (_batch.Observed is not null)
            rows = rows * _batch.Step(step).Of(_batch.Observed).ne(0).any(-1).to(ScalarType.Float64);
        _sums[iteration].narrow(0, 0, _batch.Active[step]).add_(rows);
        _read = null;
    }

    /// <summary>The sum of a row of the batch, in nats.</summary>
    public double Of(int iteration, int row) => (_read ??= _sums.cpu().data<double>().ToArray())[iteration * _batch.Count + row];

    public void Dispose() => _sums.Dispose();
}
