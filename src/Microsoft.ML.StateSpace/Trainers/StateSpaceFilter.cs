using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Filters any number of series one observation at a time: what came before is kept in a state of fixed size, so that every step
/// costs the same, however long a series is.</summary>
/// <remarks>
/// <para>A series' results depend on the seed, its name and what it has seen, never on the series beside it. On the CPU they are, bit for
/// bit, those of a model's columns FilteredMean, FilteredStd, LogLikelihood and EffectiveSampleSize for a row of that name; with an
/// unscented filter, or with particles of the exact proposal, to the rounding of float32.</para>
/// <para>Calls may come from any thread; they are taken one after another. The model must outlive the filter.</para>
/// </remarks>
public sealed class StateSpaceFilter : IDisposable
{
    private readonly DeepMarkovTransformer _model;
    private readonly ScoringOptions _scoring;
    private readonly SeriesBank _bank;
    private readonly Lazy<FilterIdentity> _identity;
    private readonly Lock _gate = new();
    private bool _disposed;

    internal StateSpaceFilter(DeepMarkovTransformer model, FilterOptions options)
    {
        if (string.Join(" ", options.Validate()) is { Length: > 0 } faults)
            throw new OptionsException(faults);
        var own = model.Options.Scoring;
        _model = model;
        _scoring = own with { Filter = options.Filter ?? own.Filter, Particles = options.Particles ?? own.Particles, Seed = options.Seed ?? own.Seed };
        if (_scoring.Filter == FilterMethod.Unscented && !model.Parts.Generative.IsGaussianMarkov)
            throw new OptionsException("Filter is Unscented, which needs a model whose transition and emission are Gaussian with independent "
                + "components and read nothing but z and the known inputs; leave it out.");
        var filter = MakeFilter(model, _scoring, options.AnomalyScores);
        _bank = new SeriesBank(filter, model.Parts.Data, model.Parts.Generative.FaultOf, model.Calibration, model.Scaling, model.Device);
        _identity = new(() => new(IdentityOf(model), MethodOf(filter), _scoring.Particles, _scoring.Seed, options.AnomalyScores));
    }

    /// <summary>The names of the series, in no order.</summary>
    public IReadOnlyCollection<string> Series => Guarded(() => _bank.All.Keys.ToArray());

    /// <summary>Moves one series a step on; a new name begins one.</summary>
    /// <exception cref="SequenceFormatException">The observation does not fit the model or the series; names series, step and dimension.</exception>
    /// <exception cref="ArithmeticException">The observation has no finite likelihood; names series and step. Nothing was taken in.</exception>
    public FilteredStep Observe(SeriesObservation observation) => Observe([observation])[0];

    /// <summary>Moves several series a step on together, each of them once; new names begin series, those not named stay where they are.</summary>
    /// <returns>In the order of the observations.</returns>
    /// <exception cref="SequenceFormatException">An observation does not fit, or a series is named twice; nothing was taken in.</exception>
    /// <exception cref="ArithmeticException">An observation has no finite likelihood; names series and step. Nothing was taken in.</exception>
    public IReadOnlyList<FilteredStep> Observe(IReadOnlyList<SeriesObservation> observations)
    {
        ArgumentNullException.ThrowIfNull(observations);
        return Guarded(() => _bank.Observe(observations));
    }

    /// <summary>Forecasts one series without moving it on.</summary>
    /// <inheritdoc cref="Forecast(IReadOnlyList{SeriesFuture}, ForecastOptions?)"/>
    public SeriesForecast Forecast(string series, ForecastOptions? options = null) => Forecast([new SeriesFuture(series)], options)[0];

    /// <summary>Forecasts series without moving them on: the same numbers as a row's that ends here, however often it is asked.</summary>
    /// <param name="series">The series, with controls and times of the steps to come where the model reads them.</param>
    /// <param name="options">Horizon, quantiles, paths; null: the defaults.</param>
    /// <exception cref="KeyNotFoundException">A series has not been observed.</exception>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    /// <exception cref="SequenceFormatException">Controls or times do not fit; names series and step.</exception>
    public IReadOnlyList<SeriesForecast> Forecast(IReadOnlyList<SeriesFuture> series, ForecastOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(series);
        options ??= new ForecastOptions();
        if (options.Particles is not null || options.Seed is not null)
            throw new OptionsException("Particles and Seed are the filter's own; set them in FilterOptions.");
        if (string.Join(" ", options.Validate(_scoring.Particles)) is { Length: > 0 } faults)
            throw new OptionsException(faults);
        return Guarded(() => _bank.Forecast(series, options.Horizon ?? _scoring.Horizon, options.Quantiles, options.Paths));
    }

    /// <summary>Forgets a series; false: there is none of that name.</summary>
    public bool Remove(string series) => Guarded(() => _bank.Remove(series));

    /// <summary>Writes the state of all series, the model left out: as ML.NET's engines keep theirs.</summary>
    public void CheckPoint(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Guarded(() =>
        {
            FilterCheckPoint.Write(stream, _identity.Value, _bank);
            return true;
        });
    }

    /// <summary>Puts the series of a checkpoint in place of this filter's, which go on bit for bit; what is wrong with it changes nothing.</summary>
    /// <exception cref="InvalidDataException">No checkpoint, damaged, cut short, or of another model or filter; says which.</exception>
    public void Restore(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Guarded(() =>
        {
            _bank.Replace(FilterCheckPoint.Read(stream, _identity.Value, _bank.Fields));
            return true;
        });
    }

    /// <summary>Forgets all series; the model is not disposed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _bank.Replace([]);
        }
    }

    private T Guarded<T>(Func<T> call)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // Asked for so that a disposed model is refused.
            _ = _model.Networks;
            return call();
        }
    }

    private static IStepFilter MakeFilter(DeepMarkovTransformer model, ScoringOptions scoring, bool tails)
    {
        try
        {
            return StepFilterChoice.Of(model.Networks, scoring, tails, model.Device);
        }
        catch (NotSupportedException e)
        {
            throw new OptionsException($"The model cannot be filtered one step at a time: {e.Message}", e);
        }
    }

    private static string MethodOf(IStepFilter filter) => filter switch
    {
        ParticleStepFilter => "Particle",
        GaussianStepFilter { IsExact: true } => "Kalman",
        _ => "Unscented",
    };

    // What a state means depends on the parts and the weights, not on how they were trained.
    private static string IdentityOf(DeepMarkovTransformer model)
    {
        using var content = new MemoryStream();
        var parts = new DeepMarkovTrainer.Options
        {
            Generative = model.Options.Generative,
            Inference = model.Options.Inference,
            FilteringProposal = model.Options.FilteringProposal,
        };
        content.Write(System.Text.Encoding.UTF8.GetBytes($"{OptionsJson.Write(parts)}{model.Parts.Data}{model.Parts.ReadsMask}{JsonSerializer.Serialize(model.Scaling)}"));
        SafeTensors.Write(content, model.Networks.state_dict());
        return Convert.ToHexStringLower(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)));
    }
}
