using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>This library's training of a model's own stage, one epoch of it a round; validation on one sequence is part of it.</summary>
internal sealed class LibraryTraining : IContender
{
    private readonly DeepMarkovTrainer.Options _options;
    private readonly IReadOnlyList<Sequence> _train;
    private readonly Sequence[] _validation;
    private readonly StateSpaceNetworks _networks;
    private readonly long _steps;
    private readonly Device _device;

    public LibraryTraining(DeepMarkovTrainer.Options options, IReadOnlyList<Sequence> train, Device device)
    {
        _device = device;
        (_options, _train, _validation) = (options, train, [train.MinBy(s => s.Length)!]);
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(train[0].ObservationSize), ReadsMask: false);
        _networks = parts.Create(options.KnownSeed);
        ModelTraining.Start(_networks.Generative, train, CPU);
        _networks.to(device);
        _steps = TrainingSet.Of(train).Plan(options).Epoch(1).Batches.Sum(b => b.Rows.Sum(r => (long)r.Length));
    }

    public string Name => "library";

    public ContenderKind Kind => ContenderKind.Library;

    /// <summary>The weights as they are now, by name.</summary>
    public Dictionary<string, Tensor> Weights() => _networks.Generative.named_parameters().Select(p => ($"generative.{p.name}", p.parameter))
        .Concat(_networks.Inference.named_parameters().Select(p => ($"inference.{p.name}", p.parameter)))
        .ToDictionary(p => p.Item1, p => p.Item2.cpu());

    public Round Run() => OwnProcess.Measure(() =>
    {
        var stage = new Stage(TrainingStage.Model, _networks.Generative, _networks.Inference, _options.Bound, _options, TrainsGenerative: true);
        using var loop = new TrainingLoop(stage, _train, _validation, _device, null, CancellationToken.None);
        return (loop.Run().Epochs[^1].TrainBound, _steps);
    });

    public void Dispose() => _networks.Dispose();
}
