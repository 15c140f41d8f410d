using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Distributions;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The rows that streamed training keeps to validate on: by a hash of the row's id, which is the same in every order of the data.</summary>
/// <param name="Seed">Chooses the hash.</param>
/// <param name="Most">The largest hash that is held out; null: no row is.</param>
internal readonly record struct HeldOutRows(int Seed, ulong? Most)
{
    /// <summary>2⁶³, which hashes stay below.</summary>
    public const ulong Range = 1UL << 63;

    /// <summary>Whether a row is held out.</summary>
    public bool Contains(DataViewRowId row) => Most is { } most && HashOf(row) <= most;

    /// <summary>The row's hash.</summary>
    public ulong HashOf(DataViewRowId row) => RowNoise.Mix(row.Low ^ RowNoise.Mix(row.High ^ RowNoise.Mix((ulong)(uint)Seed)));
}
