namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>The particles of one thread, with the history of the sequence they are following.</summary>
internal sealed class ParticleCloud
{
    private readonly SyntheticSystem _system;
    private readonly int _particles;
    private readonly int _size;
    private readonly double[][] _states;
    private readonly int[][] _ancestors;
    private readonly double[] _means;
    private readonly double[] _resampled;
    private readonly double[] _weights;
    private readonly double[] _predicted;

    /// <summary>Room for a number of particles over a number of steps; states are <c>[dimension, particle]</c>.</summary>
    public ParticleCloud(SyntheticSystem system, int particles, int steps)
    {
        _system = system;
        _particles = particles;
        _size = system.LatentSize;
        _states = new double[steps][];
        _ancestors = new int[steps][];
        for (int t = 0; t < steps; t++)
        {
            _states[t] = new double[_size * particles];
            _ancestors[t] = new int[particles];
        }

        _means = new double[_size * particles];
        _resampled = new double[_size * particles];
        _weights = new double[particles];
        _predicted = new double[particles];
    }

    /// <summary>Follows one sequence and writes its figures into <paramref name="result"/>.</summary>
    /// <exception cref="InvalidOperationException">No particle explains an observation.</exception>
    public void Run(int sequence, ReadOnlySpan<double> observations, ZigguratNormal noise, ParticleFilterResult result)
    {
        Span<double> logLikelihoods = result.WritableLogLikelihoods(sequence);
        Span<double> filtered = result.WritableFilteredMeans(sequence);
        for (int t = 0; t < logLikelihoods.Length; t++)
        {
            Propagate(t, noise);
            logLikelihoods[t] = Weigh(_states[t], observations.Slice(t * _system.ObservationSize, _system.ObservationSize));
            if (!double.IsFinite(logLikelihoods[t]))
            {
                throw new InvalidOperationException($"No particle explains step {t} of sequence {sequence}.");
            }

            WeightedMean(_states[t], filtered.Slice(t * _size, _size));
            DrawAncestors(_ancestors[t], noise.NextUniform());
            Resample(t);
        }

        Smooth(logLikelihoods.Length, result.WritableSmoothedMeans(sequence));
    }

    private void Propagate(int step, ZigguratNormal noise)
    {
        double[] states = _states[step];
        if (step == 0)
        {
            Array.Clear(_means);
        }
        else
        {
            _system.Transition(_resampled, _means, _particles);
        }

        double deviation = Math.Sqrt(step == 0 ? _system.InitialVariance : _system.TransitionVariance);
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = _means[i] + deviation * noise.Next();
        }
    }

    /// <summary>Sets the normalised weights; returns the logarithm of their mean before normalising, in nats.</summary>
    private double Weigh(double[] states, ReadOnlySpan<double> observation)
    {
        Array.Clear(_weights);
        double precision = 1.0 / _system.ObservationVariance;
        for (int d = 0; d < observation.Length; d++)
        {
            PredictObservation(states, d);
            for (int i = 0; i < _particles; i++)
            {
                double error = observation[d] - _predicted[i];
                _weights[i] -= 0.5 * precision * error * error;
            }
        }

        double largest = _weights.Max();
        double sum = 0.0;
        for (int i = 0; i < _particles; i++)
        {
            sum += _weights[i] = Math.Exp(_weights[i] - largest);
        }

        double scale = 1.0 / sum;
        for (int i = 0; i < _particles; i++)
        {
            _weights[i] *= scale;
        }

        double logNormaliser = -0.5 * observation.Length * Math.Log(2.0 * Math.PI * _system.ObservationVariance);
        return logNormaliser + largest + Math.Log(sum / _particles);
    }

    /// <summary>The mean of an observed dimension for every particle.</summary>
    private void PredictObservation(double[] states, int dimension)
    {
        Array.Clear(_predicted);
        for (int d = 0; d < _size; d++)
        {
            double factor = _system.Emission[d, dimension];
            if (factor == 0)
            {
                continue;
            }

            ReadOnlySpan<double> along = states.AsSpan(d * _particles, _particles);
            for (int i = 0; i < _particles; i++)
            {
                _predicted[i] += factor * along[i];
            }
        }
    }

    private void WeightedMean(double[] states, Span<double> mean)
    {
        for (int d = 0; d < _size; d++)
        {
            double sum = 0.0;
            for (int i = 0; i < _particles; i++)
            {
                sum += _weights[i] * states[d * _particles + i];
            }

            mean[d] = sum;
        }
    }

    /// <summary>Systematic resampling: one uniform number places the whole comb of <c>N</c> teeth.</summary>
    private void DrawAncestors(int[] ancestors, double uniform)
    {
        double cumulative = _weights[0];
        int parent = 0;
        double spacing = 1.0 / _particles;
        for (int i = 0; i < _particles; i++)
        {
            double tooth = (i + uniform) * spacing;
            while (tooth > cumulative && parent < _particles - 1)
            {
                cumulative += _weights[++parent];
            }

            ancestors[i] = parent;
        }
    }

    private void Resample(int step)
    {
        double[] states = _states[step];
        int[] ancestors = _ancestors[step];
        for (int d = 0; d < _size; d++)
        {
            int offset = d * _particles;
            for (int i = 0; i < _particles; i++)
            {
                _resampled[offset + i] = states[offset + ancestors[i]];
            }
        }
    }

    private void Smooth(int steps, Span<double> smoothed)
    {
        var lineage = new int[_particles];
        for (int i = 0; i < _particles; i++)
        {
            lineage[i] = i;
        }

        for (int t = steps - 1; t >= 0; t--)
        {
            for (int i = 0; i < _particles; i++)
            {
                lineage[i] = _ancestors[t][lineage[i]];
            }

            for (int d = 0; d < _size; d++)
            {
                double sum = 0.0;
                foreach (int particle in lineage)
                {
                    sum += _states[t][d * _particles + particle];
                }

                smoothed[t * _size + d] = sum / _particles;
            }
        }
    }
}
