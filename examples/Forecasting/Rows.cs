using Microsoft.ML.Data;

/// <summary>An hour of the table.</summary>
internal sealed class Hour
{
    public DateTime Time { get; set; }

    [VectorType(2)]
    public float[] Values { get; set; } = [];

    /// <summary>Two loads with days and weekends, and weather that lingers.</summary>
    public static List<Hour> Make(int hours)
    {
        var random = new Random(1);
        double weather = 0;
        return [.. Enumerable.Range(0, hours).Select(h =>
        {
            var time = new DateTime(2024, 1, 1).AddHours(h);
            weather = 0.97 * weather + 0.2 * (random.NextDouble() + random.NextDouble() - 1);
            double load = (time.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0.5 : 1) * (1 - Math.Cos(Math.Tau * time.Hour / 24)) + weather;
            return new Hour { Time = time, Values = [(float)(10 + 5 * load + random.NextDouble()), (float)(20 - 3 * weather + random.NextDouble())] };
        })];
    }
}

/// <summary>An hour's time.</summary>
internal sealed class Stamp
{
    public DateTime Time { get; set; }
}

/// <summary>Where in the day it is.</summary>
internal sealed class Calendar
{
    public float Sine { get; set; }

    public float Cosine { get; set; }
}

/// <summary>A sequence, cut into what is known and what is to be forecast.</summary>
internal sealed class Window
{
    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public float[] Controls { get; set; } = [];

    public float[] Truth { get; set; } = [];

    /// <summary>The first steps stay; the rest become the truth. Controls reach over both.</summary>
    public Window Cut(int steps, int of)
    {
        int kept = Observations.Length / of * steps;
        return new Window { SequenceId = SequenceId, Observations = Observations[..kept], Controls = Controls, Truth = Observations[kept..] };
    }
}

/// <summary>A forecast beside what happened.</summary>
internal sealed class Ahead
{
    public float[] Truth { get; set; } = [];

    [ColumnName("Quantile_0.1")]
    public float[] Low { get; set; } = [];

    [ColumnName("Quantile_0.5")]
    public float[] Median { get; set; } = [];

    [ColumnName("Quantile_0.9")]
    public float[] High { get; set; } = [];
}
