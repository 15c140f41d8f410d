using System.Runtime.Intrinsics;
using Microsoft.ML.StateSpace.Distributions;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

/// <summary>What normal numbers are made with, against the same in float64.</summary>
[TestClass]
public class PolarFunctionsTests
{
    // Four roundings at the least favourable numbers.
    private const double Tolerance = 4.0 / (1 << 24);

    [TestMethod]
    public void SinesAndCosinesAreExactToRounding()
    {
        var random = new Random(1);
        int[] edges = [.. Enumerable.Range(-4, 8).SelectMany(eighth => new[] { -1, 0, 1 }.Select(beside => unchecked(eighth * (1 << 29) + beside)))];
        foreach (int[] angles in edges.Concat(Enumerable.Range(0, 200_000).Select(_ => random.Next(int.MinValue, int.MaxValue))).Chunk(Vector512<int>.Count))
        {
            int[] full = [.. angles, .. new int[Vector512<int>.Count - angles.Length]];
            var (sin, cos) = PolarFunctions.SinCos(Vector512.Create<int>(full));
            for (int i = 0; i < full.Length; i++)
            {
                double exact = full[i] * (Math.PI / 2147483648.0);
                Near(Math.Sin(exact), sin[i], $"sin {exact}");
                Near(Math.Cos(exact), cos[i], $"cos {exact}");
            }
        }
    }

    [TestMethod]
    public void LogarithmsAreExactToRounding()
    {
        var random = new Random(2);
        float[] x = [.. Enumerable.Range(0, 33).Select(n => MathF.Pow(2, -n)), 1 - 1f / (1 << 24), 1 - 1f / (1 << 20), MathF.Sqrt(0.5f),
            .. Enumerable.Range(0, 200_000).Select(_ => 1 - random.NextSingle()), .. Enumerable.Range(0, 20_000).Select(i => MathF.Exp(-i / 1000f))];
        foreach (float[] some in x.Chunk(Vector512<float>.Count))
        {
            float[] full = [.. some, .. Enumerable.Repeat(1f, Vector512<float>.Count - some.Length)];
            var log = PolarFunctions.Log(Vector512.Create<float>(full));
            for (int i = 0; i < full.Length; i++)
                Near(Math.Log(full[i]), log[i], $"log {full[i]}");
        }
    }

    // Sines of whole turns are not 0 in float64.
    private static void Near(double exact, float found, string what) =>
        Assert.IsTrue(Math.Abs(found - exact) <= Tolerance * Math.Abs(exact) + 1e-15, $"{what} is {found:r}, not {exact:r}");
}
