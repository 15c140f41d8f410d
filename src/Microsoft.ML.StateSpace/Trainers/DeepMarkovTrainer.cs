using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers.Interop;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Trains a deep state space model: a generative model, an inference network and a bound, freely chosen.</summary>
/// <remarks>
/// <para>Estimator characteristics:</para>
/// <list type="table">
/// <item><term>Machine learning task</term><description>Sequence modelling: latent states, likelihoods, forecasts</description></item>
/// <item><term>Is normalization required?</term><description>No: the model standardises real numbers itself, and gives everything out in the data's units</description></item>
/// <item><term>Is caching required?</term><description>No: the sequences are read once, or, with <see cref="TrainingOptions.MaxRowsInMemory"/>, streamed every epoch</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.StateSpace and one of TorchSharp-cpu, TorchSharp-cuda-linux, TorchSharp-cuda-windows</description></item>
/// <item><term>Input columns</term><description>Observations: vector of Single or Double; optional mask and sequence id</description></item>
/// <item><term>Output columns</term><description>SmoothedMean, SmoothedStd, FilteredMean, FilteredStd, LogLikelihood, EffectiveSampleSize, AnomalyScore, Imputed, Forecast, ForecastLower, ForecastUpper, ForecastQuantiles, ForecastPaths: vectors of Single; SequenceLogLikelihood: Single. Computed only when asked for</description></item>
/// </list>
/// </remarks>
public sealed partial class DeepMarkovTrainer : IEstimator<DeepMarkovTransformer>
{
    private readonly IHost _host;
    private readonly MLContext _context;
    private readonly Options _options;
    private readonly bool _isSeedDrawn;

    /// <summary>Makes a trainer; the catalog's <c>mlContext.StateSpace.Trainers.DeepMarkov(...)</c> is the usual way.</summary>
    /// <exception cref="OptionsException">An option makes no sense.</exception>
    public DeepMarkovTrainer(MLContext context, Options options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _context = context;
        _host = ((IHostEnvironment)context).Register(nameof(DeepMarkovTrainer));
        // Drawn once, so that two trainings by one trainer are alike.
        _options = options with { Seed = options.Seed ?? _host.Rand.Next(int.MaxValue) };
        _isSeedDrawn = options.Seed is null;
    }

    /// <summary>What it was told.</summary>
    internal Options Settings => _options;

    /// <summary>Trains on every row of <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="OptionsException">A penalty names no weight, or the initial model shares none.</exception>
    /// <exception cref="NonFiniteBoundException">The bound became NaN or infinite; names epoch, batch and sequence.</exception>
    /// <exception cref="OperationCanceledException">The MLContext was cancelled as a whole; the options' token keeps the model instead.</exception>
    /// <exception cref="InvalidOperationException">A GPU was asked for and is not there, or there are too few sequences.</exception>
    /// <exception cref="InvalidDataException">The checkpoint to go on from is damaged, or belongs to another training.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written, or the one to go on from is not there.</exception>
    public DeepMarkovTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        // Whoever left the seed to chance goes on with the one that chance once gave.
        if (_isSeedDrawn && _options.ResumeFrom is { } checkpoint && CheckpointFile.ReadIdentity(checkpoint).Seed is { } seed)
            return new DeepMarkovTrainer(_context, _options with { Seed = seed }).Fit(input);
        using var channel = _host.Start("Training");
        var device = DeviceChoice.Resolve(_options.Device, _context.GpuDeviceId, _context.FallbackToCpu);
        var data = TrainingData.Read(input, _options);
        if (_options.Regression?.FaultFor(data.Shape.ObservationSize, data.Shape.ControlSize) is { } unfit)
            throw new OptionsException($"Regression: {unfit}.");
        var parts = new ModelParts(_options.Generative, _options.Inference, _options.FilteringProposal, data.Shape, ReadsMask: data.HasMissing)
        {
            Bound = _options.Bound,
            Scaling = ScalingOf(data),
        };
        if (parts.Faults().ToList() is { Count: > 0 } faults)
            throw new OptionsException(string.Join(" ", faults));
        channel.Info(MessageSensitivity.None, "{0} sequences to train on, {1} to validate on, {2} numbers per step, device {3}.",
            data.Train.Count, data.Validation.Count, parts.Data.ObservationSize, device);
        var train = data.Train.Select(s => s.Scaled(parts.Scaling));
        Sequence[] validation = [.. data.Validation.Select(s => s.Scaled(parts.Scaling))];
        var networks = parts.Create(_options.KnownSeed, _options.WeightInit);
        try
        {
            CheckPenalties(networks);
            networks.to(device);
            using var checkpoints = Checkpoints(data, networks, device);
            if (checkpoints?.ResumedFrom is null)
                Start(networks, train, device, channel);
            else
                channel.Info(MessageSensitivity.None, "Going on from checkpoint {0}: {1}, {2} epochs and {3} batches done.", checkpoints.ResumedFrom,
                    checkpoints.ResumedStage, checkpoints.ResumedProgress!.EpochsDone, checkpoints.ResumedProgress.BatchesDone);
            var observer = new ChannelObserver(_host, channel, _options.Observer);
            var history = ModelTraining.Run(networks, parts, _options.Bound, _options, train, validation, device, observer,
                _options.CancellationToken, checkpoints);
            channel.Info(MessageSensitivity.None, "Best validation bound {0:F4} nats per step at epoch {1}; stopped: {2}.",
                history.BestValidationBound, history.BestEpoch, history.StopReason);
            return new DeepMarkovTransformer(_host, _options, parts, networks, history, device,
                Calibrate(networks, history, data.Validation, device, channel));
        }
        catch
        {
            networks.Dispose();
            throw;
        }
    }

    /// <summary>The schema after the transformer, from the schema before it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return OutputShape.Of(inputSchema, _options.Columns, ScoreColumns.Of(_options.Scoring));
    }

    // Like a proposal that was not fitted, a map that was not made is no loss to a training that was cut short.
    private AnomalyCalibration? Calibrate(StateSpaceNetworks networks, TrainingHistory history, IReadOnlyList<Sequence> validation, Device device, IChannel channel)
    {
        if (_options.CalibrationSteps == 0 || history.StopReason is StopReason.Cancelled or StopReason.Observer)
            return null;
        var calibration = AnomalyCalibrator.Run(networks, _options.Scoring, validation, _options.CalibrationSteps, device, _options.CancellationToken);
        if (calibration is null)
            channel.Info(MessageSensitivity.None, "Anomaly scores are not calibrated: {0} observed steps of validation data are needed.", AnomalyCalibration.LeastSteps);
        else
            channel.Info(MessageSensitivity.None, "Anomaly scores calibrated on {0} observed steps of the validation data.", calibration.Steps);
        return calibration;
    }

    // An earlier model's weights mean something in its own units only.
    private SequenceScaling? ScalingOf(TrainingData data) => _options.Standardisation switch
    {
        StandardisationMode.Off => null,
        StandardisationMode.On => ScalingFit.Of(data.Train.Read(), observations: true, _options.Regression),
        _ when _options.InitialModel is { } initial && InitialWeights.PartOf(initial)!.Parts is var earlier && earlier.Data == data.Shape =>
            (_options.Regression is null) == (earlier.Scaling?.Regression is null) ? earlier.Scaling : throw new OptionsException(_options.Regression is null
                ? "Regression is not set, but InitialModel has one among its units; set it, or Standardisation to On for units of this data."
                : "Regression is set, but InitialModel has none among its units; remove it, or set Standardisation to On for units of this data."),
        _ when _options.Generative.IsInDataUnits => null,
        _ => ScalingFit.Of(data.Train.Read(), _options.Generative.IsRealValued, _options.Regression),
    };

    private void Start(StateSpaceNetworks networks, TrainingSet train, Device device, IChannel channel)
    {
        ModelTraining.Start(networks.Generative, train.Read(), device);
        if (_options.InitialModel is { } initial)
            InitialWeights.Copy(InitialWeights.PartOf(initial)!.Networks, networks, channel);
    }

    private TrainingCheckpoints? Checkpoints(TrainingData data, StateSpaceNetworks networks, Device device)
    {
        if (data.TrainFingerprint is not { } fingerprint)
            return null;
        var identity = new CheckpointIdentity(JsonNode.Parse(OptionsJson.Write(_options))!.AsObject(), fingerprint, data.ValidationFingerprint,
            device.type.ToString());
        return new TrainingCheckpoints(_options.CheckpointPath, _options.CheckpointEvery, _options.ResumeFrom, identity, networks);
    }

    // The weights' names are known only now that the networks are made.
    private void CheckPenalties(StateSpaceNetworks networks)
    {
        string[] names = [.. networks.named_parameters().Select(p => p.name)];
        var faults = WeightPenalty.FaultsOf(_options.Penalties ?? [], names).ToList();
        if (faults.Count > 0)
            throw new OptionsException(string.Join(" ", faults));
    }
}
