using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML;

/// <summary>Makes <c>mlContext.StateSpace</c> available.</summary>
public static class StateSpaceExtensions
{
    extension(MLContext mlContext)
    {
        /// <summary>Deep state space models. Languages without extension properties write <c>StateSpaceCatalog.For(mlContext)</c>.</summary>
        public StateSpaceCatalog StateSpace => StateSpaceCatalog.For(mlContext);
    }
}

/// <summary>The entry to deep state space models: data, trainers, evaluation.</summary>
public sealed partial class StateSpaceCatalog
{
    private readonly MLContext _context;

    private StateSpaceCatalog(MLContext context)
    {
        _context = context;
        Data = new StateSpaceDataCatalog(context);
        Trainers = new StateSpaceTrainersCatalog(context);
    }

    /// <summary>Loads, groups and saves sequences.</summary>
    public StateSpaceDataCatalog Data { get; }

    /// <summary>Makes trainers.</summary>
    public StateSpaceTrainersCatalog Trainers { get; }

    /// <summary>The catalog of a context.</summary>
    public static StateSpaceCatalog For(MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return new StateSpaceCatalog(mlContext);
    }

    /// <summary>Bounds on the log-likelihood of a data set under a trained model, in nats.</summary>
    /// <param name="model">A transformer of <see cref="DeepMarkovTrainer"/>, or a chain that holds one.</param>
    /// <param name="data">What <c>model.Transform</c> would take.</param>
    /// <param name="options">Particles and seed; null: the defaults.</param>
    /// <exception cref="ArgumentException">The model holds no state space transformer.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    public BoundMetrics Evaluate(ITransformer model, IDataView data, EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var (transformer, sequences) = Locate(model, data);
        return transformer.Evaluate(sequences!, options ?? new EvaluationOptions());
    }

    /// <summary>Draws sequences from a trained model: from nothing, or each prefix continued a number of times.</summary>
    /// <remarks>Rows of <see cref="SampledSequence"/>, drawn when a cursor comes to them and the same for every cursor: a sample
    /// depends on the seed, its prefix and its number, and not on what else is drawn. Other controls meet the same noise.</remarks>
    /// <param name="model">A transformer of <see cref="DeepMarkovTrainer"/>, or a chain that holds one.</param>
    /// <param name="options">How many, how long, how.</param>
    /// <param name="prefixes">What <c>model.Transform</c> would take: sequences to be continued; null: none.</param>
    /// <param name="controls">Rows of the model's control column, from the first drawn step on, in place of the prefixes' own: found by
    /// id where both have one, else by order; one row without an id serves all. Not passed through a chain's other parts. Null: none.</param>
    /// <exception cref="OptionsException">An option makes no sense, or controls are missing; it is named.</exception>
    /// <exception cref="ArgumentException">The model holds no state space transformer.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence, shorter than the prefix, or its controls are too short; names
    /// row, column and lengths.</exception>
    /// <exception cref="ArithmeticException">While rows are read: a prefix has no finite likelihood (names row and column), or a drawn
    /// value is not finite (names the sample and the step).</exception>
    public IDataView Sample(ITransformer model, SampleOptions options, IDataView? prefixes = null, IDataView? controls = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (transformer, sequences) = Locate(model, prefixes);
        transformer.CheckSampling(options, prefixes is not null);
        var given = controls is null ? null : transformer.ReadControls(controls, options.Length - options.PrefixLength);
        return _context.Data.LoadFromEnumerable(transformer.Sample(options, sequences, given));
    }

    /// <summary>Forecasts the steps after each sequence's last observed one.</summary>
    /// <remarks>The data's own columns and, computed only when asked for, ForecastMean and Quantile_p of H·D numbers, and Paths of
    /// N·H·D. With the model's own horizon, particles and seed they are the numbers of its columns Forecast, ForecastLower and ForecastUpper.</remarks>
    /// <param name="model">A transformer of <see cref="DeepMarkovTrainer"/>, or a chain that holds one.</param>
    /// <param name="data">What <c>model.Transform</c> would take; where the model reads controls, T+H rows of them unless
    /// <paramref name="controls"/> are given.</param>
    /// <param name="options">Horizon, quantiles, paths; null: the defaults.</param>
    /// <param name="controls">As for <see cref="Sample"/>: H rows of the model's control column for each sequence.</param>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    /// <exception cref="ArgumentException">The model holds no state space transformer.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public IDataView Forecast(ITransformer model, IDataView data, ForecastOptions? options = null, IDataView? controls = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new ForecastOptions();
        var (transformer, sequences) = Locate(model, data);
        transformer.CheckForecasting(options);
        var given = controls is null ? null : transformer.ReadControls(controls, options.Horizon ?? transformer.Options.Horizon);
        return transformer.Forecast(sequences!, options, given);
    }

    /// <summary>A filter that is given one observation at a time, of any number of series: latents, likelihoods and forecasts at a cost
    /// and in a memory that do not grow with what a series has seen.</summary>
    /// <remarks>Rows are handed over as they come to the state space part: what stands before it in a chain is not applied.</remarks>
    /// <param name="model">A transformer of <see cref="DeepMarkovTrainer"/>, or a chain that holds one; it must outlive the filter.</param>
    /// <param name="options">Particles, seed, method; null: as the model scores.</param>
    /// <exception cref="OptionsException">An option makes no sense, or the model's filtering proposal must see whole sequences.</exception>
    /// <exception cref="ArgumentException">The model holds no state space transformer.</exception>
    public StateSpaceFilter CreateFilter(ITransformer model, FilterOptions? options = null) =>
        new(Locate(model, null).Part, options ?? new FilterOptions());

    // The state space part of a model, and the data as it comes to it.
    private static (DeepMarkovTransformer Part, IDataView? Data) Locate(ITransformer model, IDataView? data)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var part in Flatten(model))
        {
            if (part is DeepMarkovTransformer transformer)
                return (transformer, data);
            data = data is null ? null : part.Transform(data);
        }
        throw new ArgumentException($"The model holds no {nameof(DeepMarkovTransformer)}.", nameof(model));
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [model];
}

/// <summary>Makes trainers of state space models.</summary>
public sealed class StateSpaceTrainersCatalog
{
    private readonly MLContext _context;

    internal StateSpaceTrainersCatalog(MLContext context) => _context = context;

    /// <summary>A trainer with every option at hand.</summary>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    public DeepMarkovTrainer DeepMarkov(DeepMarkovTrainer.Options options) => new(_context, options);

    /// <summary>A trainer of a deep Markov model with Gaussian emission and ST-R inference, by good defaults.</summary>
    /// <param name="observationColumnName">Vector column of T·D numbers, step-major; NaN is missing.</param>
    /// <param name="maskColumnName">Vector column of T or T·D numbers or Booleans; null: none.</param>
    /// <param name="latentSize">Z.</param>
    /// <param name="observationSize">D; null: the last dimension of a fixed vector type [T, D].</param>
    /// <param name="horizon">H, the steps that forecasts reach.</param>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    public DeepMarkovTrainer DeepMarkov(string observationColumnName = "Observations", string? maskColumnName = null,
        int latentSize = 16, int? observationSize = null, int horizon = 1) => DeepMarkov(new DeepMarkovTrainer.Options
        {
            ObservationColumnName = observationColumnName,
            MaskColumnName = maskColumnName,
            ObservationSize = observationSize,
            Generative = new StateSpace.Models.DeepMarkovModel { LatentSize = latentSize },
            Horizon = horizon,
        });
}
