namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>log p(x) of a <see cref="ScalarSystem"/> and its exact gradient, by one filter and one smoother of disturbances
/// (Koopman and Shephard 1992; de Jong 1989).</summary>
/// <remarks>Backwards through the steps run r_t and N_t, with which the noise into step t+1 has mean Q r_t and covariance Q − Q N_t Q
/// given all observations, and z_t has the mean ẑ_t = a_t + P_t Aᵀr_t; each derivative is a sum over these.</remarks>
internal sealed class ScalarLikelihood
{
    private readonly ScalarSystem _system;
    private readonly int _size;
    private readonly double[] _r;
    private readonly double[] _n;
    private readonly double[] _moved;

    /// <summary>Of no series yet.</summary>
    public ScalarLikelihood(ScalarSystem system)
    {
        (_system, _size) = (system, system.LatentSize);
        (_r, _n, _moved) = (new double[_size], new double[_size * _size], new double[_size]);
        (Decay, LogNoise, Control) = (new double[system.Components], new double[system.Components], new double[system.Control.Length]);
        LogSeasonalNoise = new double[system.Pairs.Length];
    }

    /// <summary>log p(x) of all series, in nats.</summary>
    public double Value { get; private set; }

    /// <summary>∂/∂φ, F numbers.</summary>
    public double[] Decay { get; }

    /// <summary>∂/∂ log q, F numbers.</summary>
    public double[] LogNoise { get; }

    /// <summary>∂/∂b, [F, U].</summary>
    public double[] Control { get; }

    /// <summary>∂/∂ log of the pairs' noise, K numbers.</summary>
    public double[] LogSeasonalNoise { get; }

    /// <summary>∂/∂offset</summary>
    public double Offset { get; private set; }

    /// <summary>∂/∂ log r</summary>
    public double LogVariance { get; private set; }

    /// <summary>Adds a series.</summary>
    public void Add(ScalarSeries series)
    {
        int components = _system.Components;
        var steps = new Step[series.Length];
        var filter = new ScalarFilter(_system);
        filter.Start();
        for (int t = 0; t < steps.Length; t++)
        {
            if (t > 0)
                filter.Move(series.ControlsOf(t));
            var (error, variance) = filter.Observe(series.Values[t]);
            if (!double.IsInfinity(variance))
                Value -= 0.5 * (Math.Log(2 * Math.PI * variance) + error * error / variance);
            steps[t] = new Step(error, variance, double.IsInfinity(variance) ? [] : [.. filter.Gain], filter.Mean[..components], filter.Covariance[..(components * _size)]);
        }
        Array.Clear(_r);
        Array.Clear(_n);
        for (int t = steps.Length - 1; t >= 0; t--)
        {
            if (t < steps.Length - 1)
                Transition(steps[t], series.ControlsOf(t + 1));
            if (!double.IsInfinity(steps[t].Variance))
                Emission(steps[t]);
        }
    }

    // With r and N of the step after: sums over the noise into it, then r and N of this step before its observation counts.
    private void Transition(Step now, ReadOnlySpan<double> controls)
    {
        int next = _size + 1, components = _system.Components;
        for (int i = 0; i < components; i++)
        {
            // Cov[noise_i, z_i] = −q (N A P)_ii
            now.Covariance.AsSpan(i * _size, _size).CopyTo(_moved);
            _system.Move(_moved);
            Decay[i] -= Lanes.Dot(_n.AsSpan(i * _size, _size), _moved);
            LogNoise[i] += 0.5 * _system.Noise[i] * (_r[i] * _r[i] - _n[i * next]);
            Lanes.Add(_r[i], controls, Control.AsSpan(i * controls.Length, controls.Length));
        }
        for (int k = 0, i = components; k < LogSeasonalNoise.Length; k++, i += 2)
            LogSeasonalNoise[k] += 0.5 * _system.SeasonalNoise[k] * (_r[i] * _r[i] + _r[i + 1] * _r[i + 1] - _n[i * next] - _n[(i + 1) * next]);
        _r.AsSpan(0, components).CopyTo(_moved);
        _system.MoveBack(_r);
        for (int i = 0; i < components; i++)
            Decay[i] += _moved[i] * (now.Mean[i] + Lanes.Dot(now.Covariance.AsSpan(i * _size, _size), _r));
        _system.MoveBothBack(_n);
    }

    // r ← r + c w and N ← (I − c kᵀ) N (I − k cᵀ) + c cᵀ / S, with w = e/S − kᵀr and c of ones where x reads the state.
    private void Emission(Step now)
    {
        for (int i = 0; i < _size; i++)
            _moved[i] = Lanes.Dot(_n.AsSpan(i * _size, _size), now.Gain);
        double weight = now.Error / now.Variance - Lanes.Dot(now.Gain, _r), spread = 1 / now.Variance + Lanes.Dot(now.Gain, _moved);
        Offset += weight;
        LogVariance += 0.5 * _system.Variance * (weight * weight - spread);
        for (int i = 0; i < _size; i++)
        {
            var row = _n.AsSpan(i * _size, _size);
            double add = -_moved[i];
            if (_system.Reads(i))
            {
                _r[i] += weight;
                Lanes.Add(-1, _moved, row);
                add += spread;
            }
            for (int j = 0; j < _system.Components; j++)
                row[j] += add;
            for (int j = _system.Components; j < _size; j += 2)
                row[j] += add;
        }
    }

    // What the way back needs of a step: of the filtered state the components alone.
    private readonly record struct Step(double Error, double Variance, double[] Gain, double[] Mean, double[] Covariance);
}
