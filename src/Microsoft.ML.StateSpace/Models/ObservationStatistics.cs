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
    /// <param name="sequences">At least one.</param>
    /// <param name="codes">K, <see cref="EmissionModule.CountedCodes"/>; 0: none.</param>
    /// <param name="device">Where the tensors go.</param>
    public static ObservationStatistics Of(IReadOnlyList<Sequence> sequences, int codes = 0, Device? device = null)
    {
        int size = sequences[0].ObservationSize;
        var (sum, squares, count) = (new double[size], new double[size], new double[size]);
        var ofCode = new float[size * codes];
        foreach (var sequence in sequences)
            for (int i = 0; i < sequence.Length * size; i++)
            {
                int d = i % size;
                if (!sequence.IsObserved(i / size, d))
                    continue;
                double value = sequence.Observations[i];
                sum[d] += value;
                squares[d] += value * value;
                count[d]++;
                if (value >= 0 && value < codes)
                    ofCode[d * codes + (int)value]++;
            }
        float[] mean = [.. sum.Zip(count, (s, n) => n == 0 ? 0 : (float)(s / n))];
        float[] variance = [.. squares.Zip(count, (s, n) => n == 0 ? 1 : s / n).Zip(mean, (s, m) => (float)Math.Max(s - (double)m * m, 1e-6))];
        for (int i = 0; i < ofCode.Length; i++)
            ofCode[i] /= (float)Math.Max(1, count[i / codes]);
        var place = device ?? CPU;
        return new(tensor(mean).to(place), tensor(variance).to(place), codes == 0 ? null : tensor(ofCode, [size, codes]).to(place));
    }
}
