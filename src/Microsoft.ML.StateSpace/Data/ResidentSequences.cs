using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Sequences whose numbers lie on a device: a batch of them, or of parts of them, sends it the places of its steps and nothing else.</summary>
internal sealed class ResidentSequences : IDisposable
{
    /// <summary>Bytes of sequences that are kept; larger sets are sent batch by batch.</summary>
    public const long MostBytes = 1L << 30;

    private readonly Dictionary<Sequence, long> _starts = new(ReferenceEqualityComparer.Instance);
    private readonly Tensor _observations;
    private readonly Tensor? _observed, _controls, _gaps;

    private ResidentSequences(IReadOnlyList<Sequence> sequences, Device device)
    {
        long steps = 0;
        foreach (var sequence in sequences)
            if (_starts.TryAdd(sequence, steps))
                steps += sequence.Length;
        using var scope = NewDisposeScope();
        int size = sequences[0].ObservationSize, controls = sequences[0].Inputs.ControlSize;
        Tensor Make(int width, Filler fill)
        {
            var made = empty([steps, width], ScalarType.Float32);
            foreach (var (sequence, start) in _starts)
            {
                using var part = made.narrow(0, start, sequence.Length);
                fill(sequence, MemoryMarshal.Cast<byte, float>(part.bytes));
            }
            return made.to(device).DetachFromDisposeScope();
        }
        _observations = Make(size, (sequence, to) => sequence.Observations[..to.Length].CopyTo(to));
        if (sequences.Any(s => s.HasMissing))
            _observed = Make(size, (sequence, to) =>
            {
                for (int i = 0; i < to.Length; i++)
                    to[i] = sequence.IsObserved(i / size, i % size) ? 1 : 0;
            });
        if (controls > 0)
            _controls = Make(controls, (sequence, to) =>
            {
                for (int t = 0; t < sequence.Length; t++)
                    sequence.Inputs.ControlsOf(t).CopyTo(to[(t * controls)..]);
            });
        if (sequences[0].Inputs.Times is not null)
            _gaps = Make(1, (sequence, to) =>
            {
                for (int t = 0; t < to.Length; t++)
                    to[t] = sequence.Inputs.GapBefore(t);
            });
    }

    private delegate void Filler(Sequence sequence, Span<float> to);

    /// <summary>Keeps sequences of one shape on a device; null where they take more than <paramref name="mostBytes"/>, or there are none.</summary>
    public static ResidentSequences? Keep(IReadOnlyList<Sequence> sequences, Device device, long mostBytes = MostBytes)
    {
        long numbers = sequences.Sum(s => (long)s.Length * (2 * s.ObservationSize + s.Inputs.ControlSize + 1));
        return sequences.Count == 0 || numbers * sizeof(float) > mostBytes ? null : new ResidentSequences(sequences, device);
    }

    /// <summary>Where sequences begin, or parts of such; null where one is not kept.</summary>
    public long[]? StartsOf(IReadOnlyList<Sequence> rows)
    {
        long[] starts = new long[rows.Count];
        for (int i = 0; i < starts.Length; i++)
        {
            if (!_starts.TryGetValue(rows[i].Origin, out long start))
                return null;
            starts[i] = start + rows[i].Start;
        }
        return starts;
    }

    /// <summary>Observations of these steps, 0 where missing.</summary>
    public Tensor Observations(Tensor places) => _observations.index_select(0, places);

    /// <summary>1 where they are observed, else 0.</summary>
    public Tensor Observed(Tensor places) => _observed?.index_select(0, places) ?? ones([places.shape[0], _observations.shape[1]], ScalarType.Float32, _observations.device);

    /// <summary>Their controls, of sequences that have any.</summary>
    public Tensor Controls(Tensor places) => _controls!.index_select(0, places);

    /// <summary>The time before each of them, of sequences that have times.</summary>
    public Tensor Gaps(Tensor places) => _gaps!.index_select(0, places);

    /// <inheritdoc/>
    public void Dispose()
    {
        _observations.Dispose();
        _observed?.Dispose();
        _controls?.Dispose();
        _gaps?.Dispose();
    }
}
