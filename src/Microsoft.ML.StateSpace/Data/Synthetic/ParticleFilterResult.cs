namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>What a particle filter says of every step of every sequence.</summary>
public sealed class ParticleFilterResult
{
    private readonly int _steps;
    private readonly int _size;
    private readonly double[] _logLikelihoods;
    private readonly double[] _filteredMeans;
    private readonly double[] _smoothedMeans;

    internal ParticleFilterResult(int sequences, int steps, int size)
    {
        _steps = steps;
        _size = size;
        _logLikelihoods = new double[sequences * steps];
        _filteredMeans = new double[sequences * steps * size];
        _smoothedMeans = new double[sequences * steps * size];
    }

    /// <summary>The mean of log p(x_t | x_{&lt;t}) over all steps of all sequences, in nats.</summary>
    public double LogLikelihoodPerStep => _logLikelihoods.Average();

    /// <summary>log p(x_t | x_{&lt;t}) of one sequence, <c>[step]</c>, in nats.</summary>
    public ReadOnlySpan<double> LogLikelihoodsOf(int sequence) => _logLikelihoods.AsSpan(sequence * _steps, _steps);

    /// <summary>E[z_t | x_{1..t}] of one sequence, <c>[step, dimension]</c>.</summary>
    public ReadOnlySpan<double> FilteredMeansOf(int sequence) => _filteredMeans.AsSpan(sequence * _steps * _size, _steps * _size);

    /// <summary>
    /// E[z_t | x_{1..T}] of one sequence, <c>[step, dimension]</c>, from the surviving particles' ancestors. Early steps of long
    /// sequences rest on fewer distinct particles.
    /// </summary>
    public ReadOnlySpan<double> SmoothedMeansOf(int sequence) => _smoothedMeans.AsSpan(sequence * _steps * _size, _steps * _size);

    internal Span<double> WritableLogLikelihoods(int sequence) => _logLikelihoods.AsSpan(sequence * _steps, _steps);

    internal Span<double> WritableFilteredMeans(int sequence) => _filteredMeans.AsSpan(sequence * _steps * _size, _steps * _size);

    internal Span<double> WritableSmoothedMeans(int sequence) => _smoothedMeans.AsSpan(sequence * _steps * _size, _steps * _size);
}
