using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

/// <summary>Systems of one number, and what the dense oracle takes in their place.</summary>
internal static class ScalarCase
{
    /// <summary>Two components, a lasting pair and one that shrinks; <paramref name="controls"/> numbers drive the components.</summary>
    public static ScalarSystem System(int controls = 0) => new()
    {
        Decay = [0.95, -0.4],
        Noise = [0.05, 0.3],
        Control = [.. Enumerable.Range(0, 2 * controls).Select(i => 0.3 - 0.2 * i)],
        Pairs = [new SeasonalPair(1 / 6.0, 1), new SeasonalPair(1 / 4.0, 0.8)],
        SeasonalNoise = [0.01, 0.04],
        Offset = 0.4,
        Variance = 0.2,
        InitialMean = [0.5, -0.3],
        InitialVariance = [0.7, 0.4, 0.5, 0.2],
    };

    /// <summary>Systems side by side, each of which gives one observed number; controls are the same at every step.</summary>
    public static OracleSystem Oracle(double[] controls, params ScalarSystem[] systems)
    {
        int size = systems.Sum(s => s.LatentSize), first = 0;
        var result = new OracleSystem
        {
            InitialMean = [.. systems.SelectMany(s => s.InitialMean.Concat(new double[2 * s.Pairs.Length]))],
            InitialCovariance = new double[size, size],
            Transition = new double[size, size],
            TransitionOffset = [.. systems.SelectMany(s => Enumerable.Range(0, s.LatentSize)
                .Select(i => i < s.Components ? controls.Select((u, j) => u * s.Control[i * controls.Length + j]).Sum() : 0))],
            TransitionCovariance = new double[size, size],
            Emission = new double[systems.Length, size],
            EmissionOffset = [.. systems.Select(s => s.Offset)],
            EmissionCovariance = new double[systems.Length, systems.Length],
        };
        for (int d = 0; d < systems.Length; first += systems[d++].LatentSize)
            Fill(result, systems[d], d, first);
        return result;
    }

    /// <summary>Values drawn from a system.</summary>
    public static double[] Draw(ScalarSystem system, Random random, int steps, double missing = 0)
    {
        var state = new double[system.LatentSize];
        var values = new double[steps];
        for (int t = 0; t < steps; t++)
        {
            for (int i = 0; i < state.Length; i++)
            {
                int k = (i - system.Components) / 2;
                double variance = t == 0 ? system.InitialVariance[i < system.Components ? i : system.Components + k]
                    : i < system.Components ? system.Noise[i] : system.SeasonalNoise[k];
                if (i == 0 && t > 0)
                    system.Move(state);
                state[i] += Math.Sqrt(variance) * random.Normal();
            }
            values[t] = system.Offset + system.Read(state) + Math.Sqrt(system.Variance) * random.Normal();
        }
        return [.. values.Select(v => random.NextDouble() < missing ? double.NaN : v)];
    }

    private static void Fill(OracleSystem oracle, ScalarSystem system, int dimension, int first)
    {
        for (int i = 0; i < system.Components; i++)
        {
            oracle.InitialCovariance[first + i, first + i] = system.InitialVariance[i];
            oracle.Transition[first + i, first + i] = system.Decay[i];
            oracle.TransitionCovariance[first + i, first + i] = system.Noise[i];
            oracle.Emission[dimension, first + i] = 1;
        }
        for (int k = 0; k < system.Pairs.Length; k++)
        {
            int a = first + system.Components + 2 * k, b = a + 1;
            var pair = system.Pairs[k];
            oracle.InitialCovariance[a, a] = oracle.InitialCovariance[b, b] = system.InitialVariance[system.Components + k];
            oracle.Transition[a, a] = oracle.Transition[b, b] = pair.Memory * Math.Cos(2 * Math.PI * pair.Frequency);
            oracle.Transition[a, b] = pair.Memory * Math.Sin(2 * Math.PI * pair.Frequency);
            oracle.Transition[b, a] = -oracle.Transition[a, b];
            oracle.TransitionCovariance[a, a] = oracle.TransitionCovariance[b, b] = system.SeasonalNoise[k];
            oracle.Emission[dimension, a] = 1;
        }
        oracle.EmissionCovariance[dimension, dimension] = system.Variance;
    }
}
