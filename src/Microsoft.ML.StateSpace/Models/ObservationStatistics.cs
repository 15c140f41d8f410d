using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>What the observed training values of each dimension hold on average.</summary>
/// <param name="Mean">[D]; 0 where nothing was observed.</param>
/// <param name="Variance">[D], at least 1e-6; 1 where nothing was observed.</param>
/// <param name="Frequencies">The share of each code 0 … K − 1, [D, K]; null where no codes were counted.</param>
public sealed record ObservationStatistics(Tensor Mean, Tensor Variance, Tensor? Frequencies = null)
{
    /// <summary>Counts in one pass over the sequences.</summary>
    /// <param name="sequences">At least one; read once.</param>
    /// <param name="codes">K, <see cref="EmissionModule.CountedCodes"/>; 0: none.</param>
    /// <param name="device">Where the tensors go.</param>
    public static ObservationStatistics Of(IEnumerable<Sequence> sequences, int codes = 0, Device? device = null)
    {
        Sums? sums = null;
        foreach (var sequence in sequences)
            (sums ??= new Sums(sequence.ObservationSize, codes)).Add(sequence);
        return sums?.Result(device) ?? throw new ArgumentException("There is no sequence.", nameof(sequences));
    }

    private sealed class Sums(int size, int codes)
    {
        private readonly double[] _sum = new double[size], _squares = new double[size], _count = new double[size], _ofCode = new double[size * codes];

        public void Add(Sequence sequence)
        {
            for (int i = 0; i < sequence.Length * size; i++)
            {
                int d = i % size;
                if (!sequence.IsObserved(i / size, d))
                    continue;
                double value = sequence.Observations[i];
                _sum[d] += value;
                _squares[d] += value * value;
                _count[d]++;
                if (value >= 0 && value < codes)
                    _ofCode[d * codes + (int)value]++;
            }
        }

        public ObservationStatistics Result(Device? device)
        {
            float[] mean = [.. _sum.Zip(_count, (s, n) => n == 0 ? 0 : (float)(s / n))];
            float[] variance = [.. _squares.Zip(_count, (s, n) => n == 0 ? 1 : s / n).Zip(mean, (s, m) => (float)Math.Max(s - (double)m * m, 1e-6))];
            float[] frequencies = [.. _ofCode.Select((n, i) => (float)(n / Math.Max(1, _count[i / codes])))];
            var place = device ?? CPU;
            return new(tensor(mean).to(place), tensor(variance).to(place), codes == 0 ? null : tensor(frequencies, [size, codes]).to(place));
        }
    }
}
