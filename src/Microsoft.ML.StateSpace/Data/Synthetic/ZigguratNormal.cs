using System.Numerics;

namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>A fast stream of standard normal numbers: a ziggurat of 256 layers over xoshiro256++.</summary>
/// <remarks>
/// G. Marsaglia, W. W. Tsang, "The Ziggurat Method for Generating Random Variables", JSS 5(8), 2000, with layer, sign and position
/// taken from separate bits (J. Doornik, 2005); D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021.
/// Not thread-safe: one stream a sequence.
/// </remarks>
internal sealed class ZigguratNormal
{
    private const int Layers = 256;
    private const double TailStart = 3.6541528853610088;
    private const double LayerArea = 0.00492867323399;
    private const double PositionScale = 1.0 / (1UL << 53);
    private static readonly double[] Widths = MakeWidths();
    private static readonly double[] Acceptance = MakeAcceptance(Widths);

    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Starts the stream of a seed and an index; neighbouring ones are unrelated.</summary>
    public ZigguratNormal(ulong seed, ulong index)
    {
        ulong counter = seed ^ SplitMix(ref index);
        _s0 = SplitMix(ref counter);
        _s1 = SplitMix(ref counter);
        _s2 = SplitMix(ref counter);
        _s3 = SplitMix(ref counter);
    }

    /// <summary>A uniform number in [0, 1).</summary>
    public double NextUniform() => (NextBits() >> 11) * PositionScale;

    /// <summary>A standard normal number.</summary>
    public double Next()
    {
        while (true)
        {
            ulong bits = NextBits();
            int layer = (int)(bits & (Layers - 1));
            double position = (bits >> 11) * PositionScale;
            double sign = (bits & Layers) == 0 ? 1.0 : -1.0;
            double x = position * Widths[layer];
            if (position < Acceptance[layer])
            {
                return sign * x;
            }

            if (layer == 0)
            {
                return sign * NextTail();
            }

            // The sliver between the layer's rectangle and the curve.
            double lower = Density(Widths[layer]);
            double upper = Density(Widths[layer + 1]);
            if (lower + NextUniform() * (upper - lower) < Density(x))
            {
                return sign * x;
            }
        }
    }

    private double NextTail()
    {
        double excess, exponential;
        do
        {
            excess = -Math.Log(1.0 - NextUniform()) / TailStart;
            exponential = -Math.Log(1.0 - NextUniform());
        }
        while (2.0 * exponential < excess * excess);
        return TailStart + excess;
    }

    private ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_s0 + _s3, 23) + _s0;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    private static ulong SplitMix(ref ulong counter)
    {
        counter += 0x9E3779B97F4A7C15UL;
        ulong mixed = (counter ^ (counter >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }

    private static double Density(double x) => Math.Exp(-0.5 * x * x);

    /// <summary>Right edges of the layers from the base up; layer 0 is as wide as a rectangle of its area would be.</summary>
    private static double[] MakeWidths()
    {
        var widths = new double[Layers + 1];
        widths[0] = LayerArea / Density(TailStart);
        widths[1] = TailStart;
        for (int i = 2; i < Layers; i++)
        {
            double height = LayerArea / widths[i - 1] + Density(widths[i - 1]);
            widths[i] = Math.Sqrt(-2.0 * Math.Log(height));
        }

        return widths;
    }

    private static double[] MakeAcceptance(double[] widths)
    {
        var acceptance = new double[Layers];
        for (int i = 0; i < Layers; i++)
        {
            acceptance[i] = widths[i + 1] / widths[i];
        }

        return acceptance;
    }
}
