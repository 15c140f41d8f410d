using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

/// <summary>Noise made on a device is the noise drawn on the CPU, to rounding.</summary>
[TestClass]
public class DeviceNoiseTests
{
    private static readonly ulong[] s_keys = [3, 0x9123456789ABCDEF, ulong.MaxValue];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(257)]
    [DataRow(4096)]
    public void ItIsThatOfTheCpu(int each)
    {
        using var scope = NewDisposeScope();
        using var noise = new DeviceNoise(s_keys, TestDevice.Device);
        foreach (ulong[] counters in new ulong[][] { [0, 0, 0], [5, 1UL << 40, 7] })
        {
            ulong[] there = [.. counters], here = [.. counters];
            float[] singles = noise.Normal(there, each, ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
            var expected = new float[each];
            for (int row = 0; row < s_keys.Length; row++)
            {
                CounterNoise.Normal(expected, s_keys[row], ref here[row]);
                for (int i = 0; i < each; i++)
                    Assert.AreEqual(expected[i], singles[row * each + i], 4e-6f, $"row {row}, {i} of {each}");
            }
            CollectionAssert.AreEqual(here, there);
            double[] doubles = noise.Normal(there, each, ScalarType.Float64).cpu().contiguous().data<double>().ToArray(), wanted = new double[each];
            for (int row = 0; row < s_keys.Length; row++)
            {
                CounterNoise.Normal(wanted, s_keys[row], ref here[row]);
                for (int i = 0; i < each; i++)
                    Assert.AreEqual(wanted[i], doubles[row * each + i], 1e-12, $"row {row}, {i} of {each}");
            }
            CollectionAssert.AreEqual(here, there);
        }
    }

    /// <summary>Rows that have ended draw no more.</summary>
    [TestMethod]
    public void OnlyTheFirstRowsMayBeDrawnFor()
    {
        using var scope = NewDisposeScope();
        using var noise = new DeviceNoise(s_keys, TestDevice.Device);
        ulong[] counters = [9, 9, 9];
        var drawn = noise.Normal(counters.AsSpan(0, 2), 10, ScalarType.Float32);
        CollectionAssert.AreEqual(new long[] { 2, 10 }, drawn.shape);
        CollectionAssert.AreEqual(new ulong[] { 14, 14, 9 }, counters);
    }

    /// <summary>Draws that are made ahead are those that would be made one by one, whatever is drawn between them.</summary>
    [TestMethod]
    public void DrawsAheadAreThoseOneByOne()
    {
        using var scope = NewDisposeScope();
        using var noise = new DeviceNoise(s_keys, TestDevice.Device);
        ulong[] there = [0, 0, 0], here = [0, 0, 0];
        var expected = new float[7];
        for (int draw = 0; draw < 40; draw++)
        {
            int each = draw is 5 or 6 ? 4 : 7, rows = draw < 20 ? 3 : 2;
            if (draw is 9 or 30 or (> 12 and < 28))
                for (int row = 0; row < 3; row++)
                    (there[row], here[row]) = (there[row] + 1, here[row] + 1);
            float[] drawn = noise.Normal(there.AsSpan(0, rows), each, ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
            for (int row = 0; row < rows; row++)
            {
                CounterNoise.Normal(expected.AsSpan(0, each), s_keys[row], ref here[row]);
                for (int i = 0; i < each; i++)
                    Assert.AreEqual(expected[i], drawn[row * each + i], 4e-6f, $"draw {draw}, row {row}");
            }
            CollectionAssert.AreEqual(here, there);
        }
    }

    /// <summary>A source gives the same numbers on a device, many or few, particles or none.</summary>
    [TestMethod]
    [DataRow(0, 40_000)]
    [DataRow(300, 200)]
    [DataRow(4, 3)]
    public void ASourceIsTheSameOnADevice(int particles, int size)
    {
        using var scope = NewDisposeScope();
        using var here = new RowNoise(1, s_keys, particles);
        using var there = new RowNoise(1, s_keys, particles, TestDevice.Device);
        for (int rows = s_keys.Length; rows > 0; rows--)
        {
            Tensor expected = here.Normal(rows, size), actual = there.Normal(rows, size);
            CollectionAssert.AreEqual(expected.shape, actual.shape);
            Assert.AreEqual(0, (expected - actual.cpu()).abs().max().item<float>(), 4e-6f);
            Assert.AreEqual(0, (here.Uniform(rows, 2) - there.Uniform(rows, 2).cpu()).abs().max().item<float>());
        }
    }
}
