namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>The Kalman filter of a <see cref="ScalarSystem"/>, one step at a time.</summary>
/// <param name="system">The system.</param>
internal sealed class ScalarFilter(ScalarSystem system)
{
    /// <summary>E[z_t | x] of what was observed so far, Z numbers.</summary>
    public double[] Mean { get; } = new double[system.LatentSize];

    /// <summary>Cov[z_t | x], [Z, Z].</summary>
    public double[] Covariance { get; } = new double[system.LatentSize * system.LatentSize];

    /// <summary>How the state follows the last observation's error, Z numbers.</summary>
    public double[] Gain { get; } = new double[system.LatentSize];

    /// <summary>Begins a series: z_1 before anything is observed.</summary>
    public void Start()
    {
        Array.Clear(Mean);
        Array.Clear(Covariance);
        system.InitialMean.CopyTo(Mean, 0);
        for (int i = 0; i < Mean.Length; i++)
            Covariance[i * (Mean.Length + 1)] = system.InitialVariance[i < system.Components ? i : (i + system.Components) / 2];
    }

    /// <summary>From z_{t−1} to z_t.</summary>
    /// <param name="controls">u_t</param>
    public void Move(ReadOnlySpan<double> controls)
    {
        system.Move(Mean);
        system.Drive(Mean, controls);
        MoveCovariance();
    }

    /// <summary>As <see cref="Move"/>, of the covariance alone.</summary>
    public void MoveCovariance()
    {
        system.MoveBoth(Covariance);
        system.AddNoise(Covariance);
    }

    /// <summary>E[x_t | x] of what was observed so far.</summary>
    public double Prediction => system.Offset + system.Read(Mean);

    /// <summary>Finds the gain of an observation, and returns its variance.</summary>
    public double FindGain()
    {
        int size = Mean.Length;
        Array.Clear(Gain);
        for (int i = 0; i < size; i++)
            if (system.Reads(i))
                Lanes.Add(1, Covariance.AsSpan(i * size, size), Gain);
        double variance = system.Read(Gain) + system.Variance;
        Lanes.Scale(1 / variance, Gain);
        return variance;
    }

    /// <summary>Takes an observation into the covariance; the gain is that of now.</summary>
    /// <param name="variance">Of the observation.</param>
    public void Shrink(double variance)
    {
        for (int i = 0; i < Mean.Length; i++)
            Lanes.Add(-variance * Gain[i], Gain, Covariance.AsSpan(i * Mean.Length, Mean.Length));
    }

    /// <summary>Takes an observation in.</summary>
    /// <param name="value">x_t; NaN: missing.</param>
    /// <returns>Its error and the variance of that; (0, ∞) where it is missing.</returns>
    public (double Error, double Variance) Observe(double value)
    {
        if (double.IsNaN(value))
            return (0, double.PositiveInfinity);
        double error = value - Prediction, variance = FindGain();
        Lanes.Add(error, Gain, Mean);
        Shrink(variance);
        return (error, variance);
    }

    /// <summary>Filters a whole series.</summary>
    public void Run(ScalarSeries series)
    {
        Start();
        for (int t = 0; t < series.Length; t++)
        {
            if (t > 0)
                Move(series.ControlsOf(t));
            Observe(series.Values[t]);
        }
    }

    /// <summary>Means and deviations of the next <paramref name="horizon"/> observations; the state moves with them.</summary>
    /// <param name="series">Has their controls.</param>
    /// <param name="origin">Steps before them.</param>
    /// <param name="horizon">H</param>
    public (double Mean, double Deviation)[] Forecast(ScalarSeries series, int origin, int horizon)
    {
        var result = new (double, double)[horizon];
        for (int h = 0; h < horizon; h++)
        {
            Move(series.ControlsOf(origin + h));
            result[h] = (Prediction, Math.Sqrt(FindGain()));
        }
        return result;
    }

    /// <summary>Takes over where another filter of the same system stands.</summary>
    public void CopyFrom(ScalarFilter other)
    {
        other.Mean.CopyTo(Mean, 0);
        other.Covariance.CopyTo(Covariance, 0);
    }
}
