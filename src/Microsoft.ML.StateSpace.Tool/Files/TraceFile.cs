using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>A Parquet file of particle traces, a row per sequence in the data's order; it appears when it is complete.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly List<ParticleTrace> _traces = [];
    private readonly PendingFile _file;

    /// <exception cref="OutputException">The place cannot be written to.</exception>
    public TraceFile(string path) => _file = new PendingFile(path);

    /// <summary>Takes a sequence's trace.</summary>
    public void Add(ParticleTrace trace) => _traces.Add(trace);

    /// <summary>Writes what was taken.</summary>
    /// <exception cref="OutputException">The disk is full, or another failure of output.</exception>
    public void Write()
    {
        IDataView rows = new MLContext().Data.LoadFromEnumerable(_traces.OrderBy(trace => trace.Place).Select(trace => new Row
        {
            SequenceId = trace.Id ?? $"{trace.Place}",
            LogWeights = trace.LogWeights,
            EffectiveSampleSize = trace.EffectiveSampleSize,
            Resampled = trace.Resampled,
        }));
        _file.Commit(path => ParquetSequenceWriter.Write(rows, path));
    }

    public void Dispose() => _file.Dispose();

    private sealed class Row
    {
        public string SequenceId { get; init; } = "";

        public float[] LogWeights { get; init; } = [];

        public float[] EffectiveSampleSize { get; init; } = [];

        public bool[] Resampled { get; init; } = [];
    }
}
