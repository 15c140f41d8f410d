using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
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
public sealed class StateSpaceCatalog
{
    private readonly MLContext _context;

    private StateSpaceCatalog(MLContext context)
    {
        _context = context;
        Data = new StateSpaceDataCatalog();
        Trainers = new StateSpaceTrainersCatalog(context);
    }

    /// <summary>Loads sequences.</summary>
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
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        foreach (var part in Flatten(model))
        {
            if (part is DeepMarkovTransformer transformer)
                return transformer.Evaluate(data, options ?? new EvaluationOptions());
            data = part.Transform(data);
        }
        throw new ArgumentException($"The model holds no {nameof(DeepMarkovTransformer)}.", nameof(model));
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [model];
}

/// <summary>Loads sequences.</summary>
public sealed class StateSpaceDataCatalog
{
    internal StateSpaceDataCatalog()
    {
    }

    /// <summary>Sequences of a Parquet file: list columns become vectors, a row per sequence, streamed by row group.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How rows form sequences; null: a row is a sequence.</param>
    /// <exception cref="DataFileException">The file is missing, no Parquet file, damaged, or of a type that is not read.</exception>
    public IDataView LoadFromParquet(string path, ParquetLoadOptions? options = null) => LoadFromParquet([path], options);

    /// <summary>Sequences of several Parquet files of one schema, one after another.</summary>
    /// <inheritdoc cref="LoadFromParquet(string, ParquetLoadOptions?)"/>
    public IDataView LoadFromParquet(IEnumerable<string> paths, ParquetLoadOptions? options = null) =>
        ParquetSequences.Load(paths, options);
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
