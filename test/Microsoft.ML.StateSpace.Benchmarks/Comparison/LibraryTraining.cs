using System.Runtime.ExceptionServices;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>This library's training of a model's own stage, one epoch of it a round; validation on one sequence is part of it.</summary>
internal sealed class LibraryTraining : IContender, ITrainingObserver
{
    // Epochs have no end; the loop waits between them.
    private const int Epochs = 1_000_000;

    private readonly DeepMarkovTrainer.Options _options;
    private readonly IReadOnlyList<Sequence> _train;
    private readonly StateSpaceNetworks _networks;
    private readonly Device _device;
    private readonly Thread _training;
    private readonly SemaphoreSlim _goOn = new(0), _done = new(0);
    private readonly long _steps;
    private double _bound;
    private bool _ends;
    private ExceptionDispatchInfo? _fault;

    public LibraryTraining(DeepMarkovTrainer.Options options, IReadOnlyList<Sequence> train, Device device)
    {
        (_options, _train, _device) = (options with { Epochs = Epochs }, train, device);
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(train[0].ObservationSize), ReadsMask: false);
        _networks = parts.Create(options.KnownSeed);
        ModelTraining.Start(_networks.Generative, train, CPU);
        _networks.to(device);
        _steps = TrainingSet.Of(train).Plan(options).Epoch(1).Batches.Sum(b => b.Rows.Sum(r => (long)r.Length));
        _training = new Thread(Train) { IsBackground = true };
        _training.Start();
    }

    public string Name => "library";

    public ContenderKind Kind => ContenderKind.Library;

    /// <summary>The weights as they are now, by name.</summary>
    public Dictionary<string, Tensor> Weights() => _networks.Generative.named_parameters().Select(p => ($"generative.{p.name}", p.parameter))
        .Concat(_networks.Inference.named_parameters().Select(p => ($"inference.{p.name}", p.parameter)))
        .ToDictionary(p => p.Item1, p => p.Item2.cpu());

    public Round Run() => OwnProcess.Measure(() =>
    {
        _goOn.Release();
        _done.Wait();
        _fault?.Throw();
        return (_bound, _steps);
    });

    /// <inheritdoc/>
    public bool OnEpoch(EpochRecord epoch)
    {
        _bound = epoch.TrainBound;
        _done.Release();
        _goOn.Wait();
        return !_ends;
    }

    public void Dispose()
    {
        _ends = true;
        _goOn.Release();
        _training.Join();
        _networks.Dispose();
    }

    private void Train()
    {
        _goOn.Wait();
        if (_ends)
            return;
        try
        {
            var stage = new Stage(TrainingStage.Model, _networks.Generative, _networks.Inference, _options.Bound, _options, TrainsGenerative: true);
            using var loop = new TrainingLoop(stage, new SameEpoch(TrainingSet.Of(_train)), [_train.MinBy(s => s.Length)!], _device, this, CancellationToken.None);
            loop.Run();
        }
        catch (Exception e)
        {
            // For whoever waits for the round.
            _fault = ExceptionDispatchInfo.Capture(e);
            _done.Release();
        }
    }
}
