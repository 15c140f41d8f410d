using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>By what a checkpoint knows the data it was trained on.</summary>
/// <param name="Rows">Sequences.</param>
/// <param name="Steps">Their lengths, summed up.</param>
/// <param name="ObservationSize">D.</param>
/// <param name="ControlSize">U.</param>
/// <param name="Values">SHA-256 of all that a model can read of them, in their order.</param>
internal sealed record DataFingerprint(long Rows, long Steps, int ObservationSize, int ControlSize, string Values)
{
    /// <summary>Of sequences in memory.</summary>
    public static DataFingerprint Of(IEnumerable<Sequence> sequences)
    {
        using var sum = new Sum();
        foreach (var sequence in sequences)
            sum.Add(sequence);
        return sum.Result();
    }

    /// <summary>In what it differs from an earlier one, each as a clause.</summary>
    /// <param name="earlier">What the checkpoint holds.</param>
    /// <param name="what">"the training data" or such.</param>
    public IEnumerable<string> DifferencesFrom(DataFingerprint earlier, string what)
    {
        if (Rows != earlier.Rows)
            yield return $"{what} have {Rows} rows and had {earlier.Rows}";
        else if (ObservationSize != earlier.ObservationSize)
            yield return $"{what} have {ObservationSize} numbers per step and had {earlier.ObservationSize}";
        else if (ControlSize != earlier.ControlSize)
            yield return $"{what} have {ControlSize} controls per step and had {earlier.ControlSize}";
        else if (Steps != earlier.Steps)
            yield return $"{what} have {Steps} steps and had {earlier.Steps}";
        else if (Values != earlier.Values)
            yield return $"{what} have other values, or another order of rows";
    }

    /// <summary>Takes sequences as they come.</summary>
    internal sealed class Sum : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _rows, _steps;
        private int _observationSize, _controlSize;

        /// <summary>The next sequence.</summary>
        public void Add(Sequence sequence)
        {
            (_observationSize, _controlSize) = (sequence.ObservationSize, sequence.Inputs.ControlSize);
            _rows++;
            _steps += sequence.Length;
            // Lengths come first, so that no value can pass from one part to the next unnoticed.
            Add([sequence.Steps, sequence.ObservationSize, sequence.Inputs.ControlSize, sequence.Observed.Length, sequence.Id?.Length ?? -1,
                sequence.Inputs.AllControls.Length, sequence.Inputs.Times?.Length ?? -1, sequence.Inputs.StaticSize]);
            Add(sequence.Observations);
            Add(sequence.Observed);
            Add(sequence.Id.AsSpan());
            Add(sequence.Inputs.AllControls);
            Add(sequence.Inputs.Statics);
            Add(sequence.Inputs.Times.AsSpan());
        }

        /// <summary>That of all sequences added.</summary>
        public DataFingerprint Result() =>
            new(_rows, _steps, _observationSize, _controlSize, Convert.ToHexStringLower(_hash.GetCurrentHash()));

        public void Dispose() => _hash.Dispose();

        private void Add(ReadOnlySpan<int> values) => Add<int>(values);

        private void Add<T>(ReadOnlySpan<T> values) where T : struct => _hash.AppendData(MemoryMarshal.AsBytes(values));
    }
}
