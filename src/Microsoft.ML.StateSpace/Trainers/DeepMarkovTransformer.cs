using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers.Interop;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A trained state space model: adds latents, likelihoods and forecasts to a data view of sequences.</summary>
/// <remarks>Columns are lazy: only what a consumer asks for is computed, for many rows at a time. A row's values do not
/// depend on which rows stand beside it. Dispose it to give its tensors back.</remarks>
public sealed partial class DeepMarkovTransformer : ITransformer, IDisposable
{
    private readonly IHost _host;
    private readonly ModelParts _parts;
    private readonly StateSpaceNetworks _networks;
    private readonly Device _device;
    private readonly SequenceScorer _scorer;
    private bool _disposed;

    internal DeepMarkovTransformer(IHostEnvironment env, DeepMarkovTrainer.Options options, ModelParts parts,
        StateSpaceNetworks networks, TrainingHistory history, Device device, AnomalyCalibration? calibration = null)
    {
        _host = env.Register(nameof(DeepMarkovTransformer));
        Options = options;
        _parts = parts;
        _networks = networks;
        _device = device;
        History = history;
        _networks.eval();
        Calibration = calibration;
        _scorer = new SequenceScorer(networks, options.Scoring, device, calibration);
    }

    /// <summary>The options it was trained with.</summary>
    public DeepMarkovTrainer.Options Options { get; }

    /// <summary>How the training went.</summary>
    public TrainingHistory History { get; }

    /// <summary>What anomaly scores go through so that their probabilities hold on data like the validation data; null where there was
    /// none to speak of, or the model was saved by a version without it: then they are the model's own tail probabilities.</summary>
    public AnomalyCalibration? Calibration { get; }

    /// <summary>D, the numbers of one observation.</summary>
    public int ObservationSize => _parts.Data.ObservationSize;

    /// <summary>Z, the size of the latent state.</summary>
    public int LatentSize => _parts.Generative.LatentSize;

    /// <summary>The units that the networks compute in, fitted on the training data; null: those of the data. What the model reads and
    /// gives out is in the data's units either way.</summary>
    public SequenceScaling? Scaling => _parts.Scaling;

    /// <summary>Number of trained weights.</summary>
    public long WeightCount => _networks.parameters().Sum(p => p.numel());

    /// <summary>Always true: a row's outputs depend on that row only.</summary>
    public bool IsRowToRowMapper => true;

    internal ModelParts Parts => _parts;

    internal StateSpaceNetworks Networks
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _networks;
        }
    }

    internal Device Device => _device;

    internal SequenceScorer Scorer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _scorer;
        }
    }

    /// <summary>The schema with the output columns added.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the output columns; nothing is computed before a cursor asks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredDataView(this, Bind(input.Schema), input);
    }

    /// <summary>Maps single rows, as a PredictionEngine does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new ScoringRowMapper(this, Bind(inputSchema));

    /// <summary>Gives the tensors back.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _networks.Dispose();
    }

    internal BoundMetrics Evaluate(IDataView data, EvaluationOptions options)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var sequences = SequenceBinding.ReadAll(data, Columns, _parts.Generative.FaultOf);
        if (sequences.Count == 0)
            throw new InvalidOperationException("The data has no rows.");
        return new BoundEvaluator(_networks, options, _device, filter: Options.Filter).Evaluate(sequences);
    }

    // The model's own observation size counts, also where the training data's vector type gave it.
    internal SequenceColumns Columns => Options.Columns with
    {
        ObservationSize = _parts.Data.ObservationSize,
        ControlSize = Options.ControlColumnName is null ? null : _parts.Data.ControlSize - _parts.Data.StaticSize,
        StaticSize = Options.StaticColumnName is null ? null : _parts.Data.StaticSize,
    };

    private ScoringSchema Bind(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new ScoringSchema(schema, Columns, _parts, Options.Scoring);
    }
}
