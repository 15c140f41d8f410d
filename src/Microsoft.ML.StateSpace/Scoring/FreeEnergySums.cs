using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Free energies of some sequences before and after each iteration of an inference network, summed over particles and observed
/// steps.</summary>
internal sealed class FreeEnergySums : IDisposable
{
    private readonly int _rows;
    private readonly Tensor _sums;
    private double[]? _read;

    /// <param name="rows">The sequences.</param>
    /// <param name="records">K + 1.</param>
    /// <param name="device">Where they are.</param>
    public FreeEnergySums(int rows, int records, Device device) =>
        (_rows, _sums) = (rows, zeros([records, rows], ScalarType.Float64, device).DetachFromDisposeScope());

    /// <summary>Adds the free energy of a step of a window, [particle, row].</summary>
    public void Add(SequenceBatch batch, int step, int iteration, Tensor energy)
    {
        using var scope = NewDisposeScope();
        var rows = energy.to(ScalarType.Float64).sum(dim: 0);
        if (batch.Observed is not null)
            rows = rows * batch.Step(step).Of(batch.Observed).ne(0).any(-1).to(ScalarType.Float64);
        _sums[iteration].narrow(0, 0, batch.Active[step]).add_(rows);
        _read = null;
    }

    /// <summary>The sum of a row, in nats.</summary>
    public double Of(int iteration, int row) => (_read ??= _sums.cpu().data<double>().ToArray())[iteration * _rows + row];

    public void Dispose() => _sums.Dispose();
}
