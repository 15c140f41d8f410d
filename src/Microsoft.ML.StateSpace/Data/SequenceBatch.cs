using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Neighbouring rows of packed tensors.</summary>
/// <param name="Start">The first row.</param>
/// <param name="Count">How many.</param>
public readonly record struct PackedRange(long Start, long Count)
{
    /// <summary>These rows of a packed tensor: [.., S, d] to [.., Count, d].</summary>
    public Tensor Of(Tensor packed) => packed.narrow(-2, Start, Count);
}

/// <summary>Sequences laid out together for the device: longest first, trimmed to the longest, and packed.</summary>
/// <remarks>
/// <para><b>Packed</b> tensors hold the steps inside the lengths only, step-major: the <c>Active[0]</c> rows of step 0,
/// then the <c>Active[1]</c> rows of step 1, and so on, S steps in all. Because the longest sequences come first, the rows
/// still running at step t are the first <c>Active[t]</c> ones, so that padding is never computed.</para>
/// </remarks>
public sealed partial class SequenceBatch : IDisposable
{
    private readonly Tensor? _controls;
    private readonly Tensor? _gaps;
    private readonly Tensor? _gapsOnHost;
    private readonly Tensor _steps;

    private SequenceBatch(IReadOnlyList<Sequence> rows, int[] order, Device device, ScalarType type, bool masked, ResidentSequences? resident)
    {
        Order = order;
        Lengths = [.. rows.Select(r => r.Length)];
        ObservedSteps = [.. rows.Select(r => r.ObservedSteps)];
        NoiseKeys = [.. rows.Select(r => r.NoiseKey)];
        LogJacobians = [.. rows.Select(r => r.LogJacobian())];
        ObservationSize = rows[0].ObservationSize;
        Device = device;
        Type = type;
        Active = new int[Lengths[0]];
        Offsets = new long[Lengths[0] + 1];
        for (int t = 0, n = rows.Count; t < Active.Length; t++)
        {
            while (Lengths[n - 1] <= t)
                n--;
            Active[t] = n;
            Offsets[t + 1] = Offsets[t] + n;
        }
        ControlSize = rows[0].Inputs.ControlSize;
        HasTimes = rows[0].Inputs.Times is not null;
        bool hasMask = masked || rows.Any(r => r.HasMissing);
        using var scope = NewDisposeScope();
        LengthTensor = Keep(tensor(Lengths.Select(l => (long)l).ToArray()));
        long[]? starts = resident?.StartsOf(rows);
        var places = FillPlaces(rows, starts);
        _steps = Keep(places.Steps);
        Tensor Numbers(int width, StepWriter write, Func<Tensor, Tensor> kept) =>
            Keep(starts is null ? Packed(rows, width, write).SendTo(device, type) : kept(places.Kept!).to(type));
        Observations = Numbers(ObservationSize, (r, t, place) => r.Observations.Slice(t * place.Length, place.Length).CopyTo(place), at => resident!.Observations(at));
        if (hasMask)
            Observed = Numbers(ObservationSize, (r, t, place) =>
            {
                for (int d = 0; d < place.Length; d++)
                    place[d] = r.IsObserved(t, d) ? 1 : 0;
            }, at => resident!.Observed(at));
        if (ControlSize > 0)
            _controls = Numbers(ControlSize, (r, t, place) => r.Inputs.ControlsOf(t).CopyTo(place), at => resident!.Controls(at));
        if (HasTimes)
        {
            _gapsOnHost = Keep(Packed(rows, 1, (r, t, place) => place[0] = r.Inputs.GapBefore(t)));
            _gaps = Keep(starts is null ? _gapsOnHost.SendTo(device, type) : resident!.Gaps(places.Kept!).to(type));
        }
    }

    /// <summary>Lays <paramref name="sequences"/> out on <paramref name="device"/>.</summary>
    /// <exception cref="ArgumentException">No sequence, or sequences of different observation sizes.</exception>
    public static SequenceBatch Create(IReadOnlyList<Sequence> sequences, Device? device = null, ScalarType type = ScalarType.Float32) =>
        Create(sequences, device, type, masked: false);

    /// <param name="sequences">As above.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="type">Their element type.</param>
    /// <param name="masked">Whether there is a mask even where nothing is missing.</param>
    /// <param name="resident">What lies on the device already; null: nothing.</param>
    internal static SequenceBatch Create(IReadOnlyList<Sequence> sequences, Device? device, ScalarType type, bool masked, ResidentSequences? resident = null)
    {
        if (sequences.Count == 0)
            throw new ArgumentException("A batch needs at least one sequence.", nameof(sequences));
        if (sequences.Any(s => s.ObservationSize != sequences[0].ObservationSize))
            throw new ArgumentException("All sequences of a batch must have the same observation size.", nameof(sequences));
        if (sequences.Any(s => s.Inputs.ControlSize != sequences[0].Inputs.ControlSize || s.Inputs.Times is null != sequences[0].Inputs.Times is null))
            throw new ArgumentException("All sequences of a batch must have the same number of controls, and all or none have times.", nameof(sequences));
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderByDescending(i => sequences[i].Length)];
        return new SequenceBatch([.. order.Select(i => sequences[i])], order, device ?? CPU, type, masked, resident);
    }

    /// <summary>B, the number of sequences.</summary>
    public int Count => Lengths.Length;

    /// <summary>T, the longest length.</summary>
    public int Steps => Active.Length;

    /// <summary>D, the numbers per step.</summary>
    public int ObservationSize { get; }

    /// <summary>S, the steps inside the lengths of all sequences together.</summary>
    public long PackedSteps => Offsets[^1];

    /// <summary>For each row its place in the list the batch was made of.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>Length of each row, falling.</summary>
    public int[] Lengths { get; }

    /// <summary>Steps with an observed value, of each row.</summary>
    public int[] ObservedSteps { get; }

    /// <summary>Noise key of each row.</summary>
    public ulong[] NoiseKeys { get; }

    /// <summary>What each row's log density in the model's units grows by in the data's, in nats; 0 where the data are not standardised.</summary>
    internal double[] LogJacobians { get; }

    /// <summary>Number of rows still running at each step.</summary>
    public int[] Active { get; }

    /// <summary>Where each step starts in packed tensors; the last entry is S.</summary>
    public long[] Offsets { get; }

    /// <summary>Where the tensors are.</summary>
    public Device Device { get; }

    /// <summary>Element type of the tensors.</summary>
    public ScalarType Type { get; }

    /// <summary>Observations [S, D], 0 where missing.</summary>
    public Tensor Observations { get; private set; } = null!;

    /// <summary>1 where observed, 0 where missing, [S, D]; null when nothing is missing.</summary>
    public Tensor? Observed { get; private set; }

    /// <summary>Row of each packed step, [S].</summary>
    public Tensor RowIndex { get; private set; } = null!;

    /// <summary>Packed place of the mirror image of each packed step within its own length, [S]: its own inverse.</summary>
    public Tensor ReverseIndex { get; private set; } = null!;

    /// <summary>U, the controls of a step; 0 when there are none.</summary>
    public int ControlSize { get; }

    /// <summary>Whether the sequences have times.</summary>
    public bool HasTimes { get; }

    /// <summary>What is known of packed rows beforehand: controls, time gaps, step numbers.</summary>
    public StepInputs Inputs(PackedRange rows) =>
        new(_controls is null ? null : rows.Of(_controls), _gaps is null ? null : rows.Of(_gaps), _steps.narrow(0, rows.Start, rows.Count))
        {
            GapOnHost = _gapsOnHost is null ? null : (_gapsOnHost, rows),
        };

    /// <summary>What recurrent networks hand over where the batch is a window of longer sequences; null: the sequences are whole.</summary>
    internal WindowEdges? Edges { get; set; }

    private Tensor PadIndex { get; set; } = null!;

    /// <summary>Packed place of the step before each of <see cref="AfterFirst"/>, [S − B].</summary>
    internal Tensor PredecessorIndex { get; private set; } = null!;

    /// <summary>Lengths on the CPU, [B], as packing wants them.</summary>
    public Tensor LengthTensor { get; private set; } = null!;

    /// <summary>The packed rows of step <paramref name="step"/>.</summary>
    public PackedRange Step(int step) => new(Offsets[step], Active[step]);

    /// <summary>The packed rows of every step but the first.</summary>
    public PackedRange AfterFirst => new(Active[0], PackedSteps - Active[0]);

    /// <summary>The rows before those of <see cref="AfterFirst"/>: each one's own predecessor, from a packed tensor [.., S, d].</summary>
    public Tensor Predecessors(Tensor packed) => packed.index_select(-2, PredecessorIndex);

    /// <summary>A packed tensor [S, d] laid out as [B, T, d], zeros after each length.</summary>
    public Tensor Pad(Tensor packed)
    {
        using var scope = NewDisposeScope();
        var withZero = cat([packed, zeros([1, packed.shape[1]], packed.dtype, packed.device)], 0);
        return withZero.index_select(0, PadIndex).view(Count, Steps, packed.shape[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Sums a packed quantity [.., S] over the steps of each sequence: [.., B].</summary>
    public Tensor SumBySequence(Tensor packed)
    {
        long[] shape = [.. packed.shape[..^1], Count];
        return zeros(shape, packed.dtype, packed.device).index_add(-1, RowIndex, packed, 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Observations.Dispose();
        Observed?.Dispose();
        _controls?.Dispose();
        _gaps?.Dispose();
        _gapsOnHost?.Dispose();
        _steps.Dispose();
        RowIndex.Dispose();
        ReverseIndex.Dispose();
        PadIndex.Dispose();
        PredecessorIndex.Dispose();
        LengthTensor.Dispose();
    }

    private delegate void StepWriter(Sequence row, int step, Span<float> place);

    // Written straight into LibTorch's memory: a batch leaves nothing behind for the garbage collector.
    private Tensor Packed(IReadOnlyList<Sequence> rows, int size, StepWriter write)
    {
        var packed = empty([PackedSteps, size], ScalarType.Float32);
        var values = NumbersIn<float>(packed);
        for (int t = 0; t < Steps; t++)
            for (int b = 0; b < Active[t]; b++)
                write(rows[b], t, values.Slice((int)((Offsets[t] + b) * size), size));
        return packed;
    }

    // All places in one tensor, and so on the device by one copy. Returned: the number of each step in its sequence, and where steps are kept.
    private (Tensor Steps, Tensor? Kept) FillPlaces(IReadOnlyList<Sequence> rows, long[]? starts)
    {
        int steps = (int)PackedSteps;
        int[] sizes = [steps, steps, Count * Steps, steps - Count, steps, starts is null ? 0 : steps];
        var all = empty([sizes.Sum()], ScalarType.Int64);
        var numbers = NumbersIn<long>(all);
        var row = numbers[..steps];
        var reverse = numbers.Slice(steps, steps);
        var pad = numbers.Slice(2 * steps, sizes[2]);
        var predecessor = numbers.Slice(2 * steps + sizes[2], sizes[3]);
        var number = numbers.Slice(3 * steps + sizes[2] - Count, steps);
        var kept = numbers[^sizes[5]..];
        pad.Fill(PackedSteps);
        for (int t = 0; t < Steps; t++)
            for (int b = 0; b < Active[t]; b++)
            {
                int place = (int)Offsets[t] + b;
                row[place] = b;
                if (t > 0)
                    predecessor[place - Count] = Offsets[t - 1] + b;
                reverse[place] = Offsets[Lengths[b] - 1 - t] + b;
                pad[b * Steps + t] = place;
                number[place] = rows[b].Inputs.StepNumber(t);
                if (starts is not null)
                    kept[place] = starts[b] + t;
            }
        var parts = all.SendTo(Device).split([.. sizes.Select(size => (long)size)]);
        (RowIndex, ReverseIndex, PadIndex, PredecessorIndex) = (Keep(parts[0]), Keep(parts[1]), Keep(parts[2]), Keep(parts[3]));
        return (parts[4], starts is null ? null : parts[5]);
    }

    private static Span<T> NumbersIn<T>(Tensor made) where T : unmanaged => made.numel() == 0 ? [] : MemoryMarshal.Cast<byte, T>(made.bytes);

    private static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();
}
