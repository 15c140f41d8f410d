using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
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
/// <item><term>Is caching required?</term><description>No: the sequences are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.StateSpace and one of TorchSharp-cpu, TorchSharp-cuda-linux, TorchSharp-cuda-windows</description></item>
/// <item><term>Input columns</term><description>Observations: vector of Single or Double; optional mask and sequence id</description></item>
/// <item><term>Output columns</term><description>SmoothedMean, SmoothedStd, FilteredMean, FilteredStd, LogLikelihood, EffectiveSampleSize, Forecast, ForecastLower, ForecastUpper: vectors of Single, computed only when asked for</description></item>
/// </list>
/// </remarks>
public sealed partial class DeepMarkovTrainer : IEstimator<DeepMarkovTransformer>
{
    private readonly IHost _host;
    private readonly MLContext _context;
    private readonly Options _options;

    /// <summary>Makes a trainer; the catalog's <c>mlContext.StateSpace.Trainers.DeepMarkov(...)</c> is the usual way.</summary>
    /// <exception cref="OptionsException">An option makes no sense.</exception>
    public DeepMarkovTrainer(MLContext context, Options options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _context = context;
        _host = ((IHostEnvironment)context).Register(nameof(DeepMarkovTrainer));
        _options = options;
    }

    /// <summary>What it was told.</summary>
    internal Options Settings => _options;

    /// <summary>Trains on every row of <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="OptionsException">A penalty names no weight, or the initial model shares none.</exception>
    /// <exception cref="NonFiniteBoundException">The bound became NaN or infinite; names epoch, batch and sequence.</exception>
    /// <exception cref="InvalidOperationException">A GPU was asked for and is not there, or there are too few sequences.</exception>
    public DeepMarkovTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var channel = _host.Start("Training");
        var device = DeviceChoice.Resolve(_options.Device, _context.GpuDeviceId, _context.FallbackToCpu);
        var (train, validation) = ReadSets(input);
        var shape = new DataShape(train[0].ObservationSize, train[0].Inputs.ControlSize, train[0].Inputs.Times is not null, train[0].Inputs.StaticSize);
        var parts = new ModelParts(_options.Generative, _options.Inference, _options.FilteringProposal, shape,
            ReadsMask: train.Concat(validation).Any(s => s.HasMissing)) { Bound = _options.Bound, Scaling = ScalingOf(train, shape) };
        if (parts.Faults().ToList() is { Count: > 0 } faults)
            throw new OptionsException(string.Join(" ", faults));
        channel.Info(MessageSensitivity.None, "{0} sequences to train on, {1} to validate on, {2} numbers per step, device {3}.",
            train.Count, validation.Count, parts.Data.ObservationSize, device);
        train = [.. train.Select(s => s.Scaled(parts.Scaling))];
        validation = [.. validation.Select(s => s.Scaled(parts.Scaling))];
        var networks = parts.Create(_options.Seed, _options.WeightInit);
        try
        {
            CheckPenalties(networks);
            networks.to(device);
            ModelTraining.Start(networks.Generative, train, device);
            if (_options.InitialModel is { } initial)
                InitialWeights.Copy(InitialWeights.PartOf(initial)!.Networks, networks, channel);
            var observer = new ChannelObserver(channel, _options.Observer);
            var history = ModelTraining.Run(networks, parts, _options.Bound, _options, train, validation, device, observer,
                _options.CancellationToken);
            channel.Info(MessageSensitivity.None, "Best validation bound {0:F4} nats per step at epoch {1}; stopped: {2}.",
                history.BestValidationBound, history.BestEpoch, history.StopReason);
            return new DeepMarkovTransformer(_host, _options, parts, networks, history, device);
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
        return OutputShape.Of(inputSchema, _options.Columns, ScoreColumns.Names);
    }

    // An earlier model's weights mean something in its own units only.
    private SequenceScaling? ScalingOf(IReadOnlyList<Sequence> train, DataShape shape) => _options.Standardisation switch
    {
        StandardisationMode.Off => null,
        StandardisationMode.On => ScalingFit.Of(train, observations: true),
        _ when _options.InitialModel is { } initial && InitialWeights.PartOf(initial)!.Parts is var earlier && earlier.Data == shape => earlier.Scaling,
        _ when _options.Generative.IsInDataUnits => null,
        _ => ScalingFit.Of(train, _options.Generative.IsRealValued),
    };

    // The weights' names are known only now that the networks are made.
    private void CheckPenalties(StateSpaceNetworks networks)
    {
        string[] names = [.. networks.named_parameters().Select(p => p.name)];
        var faults = WeightPenalty.FaultsOf(_options.Penalties ?? [], names).ToList();
        if (faults.Count > 0)
            throw new OptionsException(string.Join(" ", faults));
    }

    private (List<Sequence> Train, List<Sequence> Validation) ReadSets(IDataView input)
    {
        var train = SequenceBinding.ReadAll(input, _options.Columns, _options.Generative.FaultOf);
        if (train.Count == 0)
            throw new InvalidOperationException("The training data has no rows.");
        if (_options.ValidationSet is not null)
        {
            var given = SequenceBinding.ReadAll(_options.ValidationSet, _options.Columns, _options.Generative.FaultOf);
            return given.Count > 0 ? (train, given) : throw new InvalidOperationException("The validation set has no rows.");
        }
        if (train.Count < 2)
            throw new InvalidOperationException("One sequence cannot be split into training and validation data; set ValidationSet.");
        var shuffled = train.ToArray();
        new Random(_options.Seed).Shuffle(shuffled);
        int held = Math.Clamp((int)Math.Round(shuffled.Length * _options.ValidationFraction), 1, shuffled.Length - 1);
        return ([.. shuffled[held..]], [.. shuffled[..held]]);
    }
}
