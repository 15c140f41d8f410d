using Microsoft.ML.Data;

/// <summary>An hour of the table.</summary>
internal sealed class Hour
{
    public float Dust { get; set; }

    [VectorType(2)]
    public float[] Weather { get; set; } = [];

    public float Wind { get; set; }

    /// <summary>Dust that gathers until the wind blows it away; one hour in twenty is missing.</summary>
    public static List<Hour> Make(int hours)
    {
        var random = new Random(3);
        double dust = 3, wind = 0;
        return [.. Enumerable.Range(0, hours).Select(h =>
        {
            wind = 0.95 * wind + 0.3 * (random.NextDouble() + random.NextDouble() - 1);
            dust += 0.1 * (4 - dust) - 0.3 * Math.Max(0, wind) * dust + 0.1 * (random.NextDouble() - 0.5);
            double measured = Math.Exp(Math.Max(0, dust + 0.1 * (random.NextDouble() - 0.5))) - 1;
            return new Hour
            {
                Dust = random.Next(20) == 0 ? float.NaN : (float)measured,
                Weather = [(float)Math.Sin(Math.Tau * h / 24), (float)random.NextDouble()],
                Wind = (float)wind,
            };
        })];
    }
}

/// <summary>What is measured of it.</summary>
internal sealed class Measured
{
    public float Dust { get; set; }
}

/// <summary>The same on a scale on which it is less skewed.</summary>
internal sealed class Logarithm
{
    public float LogDust { get; set; }
}

/// <summary>A sequence.</summary>
internal sealed class Week
{
    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public float[] Controls { get; set; } = [];

    /// <summary>The same without gaps of so many steps, one a day. What follows the last observed step would be a forecast: the gaps lie before it.</summary>
    public Week WithGaps(Random random, int steps)
    {
        float[] left = [.. Observations];
        for (int day = 0; day + 24 <= Array.FindLastIndex(Observations, x => !float.IsNaN(x)); day += 24)
            left.AsSpan(day + random.Next(1, 24 - steps), steps).Fill(float.NaN);
        return new Week { SequenceId = SequenceId, Observations = left, Controls = Controls };
    }

    /// <summary>What was observed last goes on; before the first there is only the mean.</summary>
    public float[] LastValue()
    {
        float last = Observations.Where(x => !float.IsNaN(x)).Average();
        return [.. Observations.Select(x => last = float.IsNaN(x) ? last : x)];
    }
}
