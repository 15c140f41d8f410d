using Microsoft.ML.Data;

/// <summary>An hour of the table.</summary>
internal sealed class Hour
{
    [VectorType(2)]
    public float[] Values { get; set; } = [];

    /// <summary>Two machines that work by day, and the second less when the first works more.</summary>
    public static List<Hour> Make(int hours)
    {
        var random = new Random(2);
        double load = 0;
        double Noise() => 0.1 * (random.NextDouble() + random.NextDouble() - 1);
        return [.. Enumerable.Range(0, hours).Select(h =>
        {
            load = 0.9 * load + random.NextDouble() - 0.5;
            double day = Math.Sin(Math.Tau * h / 24);
            return new Hour { Values = [(float)(day + load + Noise()), (float)(day - load + Noise())] };
        })];
    }
}

/// <summary>A week of them.</summary>
internal sealed class Hours
{
    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    [NoColumn]
    public bool[] Faulty { get; } = new bool[168];
}

/// <summary>What the model says of a week.</summary>
internal sealed class Scored
{
    public float[] AnomalyScore { get; set; } = [];
}
