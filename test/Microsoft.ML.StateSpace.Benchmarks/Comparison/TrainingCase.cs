using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>A model to train beside its peers: a round is an epoch, or as many updates of one as the options say.</summary>
/// <param name="Key">The name to choose it by.</param>
/// <param name="Title">What stands in the table.</param>
/// <param name="Options">The model and its schedule.</param>
/// <param name="Program">The peers' program.</param>
/// <param name="Forms">The forms of it that take part.</param>
/// <param name="Sizes">The model as the program wants it, to be written as JSON.</param>
/// <param name="Tolerance">How far, of the library's, the bound of a peer's first round may be: both train from the same weights on the same
/// batches, with other noise.</param>
/// <param name="Floor">Makes the floor for updates of these shapes.</param>
internal sealed record TrainingCase(string Key, string Title, DeepMarkovTrainer.Options Options, string Program, string[] Forms, object Sizes,
    double Tolerance, Func<IReadOnlyList<BatchShape>, Device, GemmFloor> Floor)
{
    /// <summary>Measures it.</summary>
    /// <param name="data">What is trained on.</param>
    /// <param name="options">Rounds, and the Python of the peers.</param>
    /// <param name="folder">Where the peers find their files.</param>
    public object Run(ChoraleData data, PeerOptions options, string folder)
    {
        var training = options.BatchSize is { } size ? Options with { BatchSize = size } : Options;
        var updates = TrainingSet.Of(data.Sequences).Plan(training).Epoch(1).Batches.ToList();
        var contenders = new List<IContender>();
        try
        {
            var library = new LibraryTraining(training, data.Sequences, options.Device);
            contenders.Add(library);
            if (options.Python is not null)
            {
                PeerFiles.Write(Path.Combine(folder, "data"), data.Sequences);
                PeerFiles.Write(Path.Combine(folder, "weights"), library.Weights());
                contenders.AddRange(Forms.Select(form => new PythonPeer($"PyTorch, {form}", options.Python, Specify(form, updates, folder, options.Device))));
            }
            if (Blas.IsThere || options.Device.type != DeviceType.CPU)
                contenders.Add(Floor([.. updates.Select(u => BatchShape.Of(u.Rows.Select(r => r.Length)))], options.Device));
            return new Comparison($"{Title}, {updates.Count} updates of {training.BatchSize}, {options.Device}", Tolerance).Run(contenders, options.Rounds);
        }
        finally
        {
            contenders.ForEach(c => c.Dispose());
        }
    }

    private string Specify(string form, List<TrainingBatch> updates, string folder, Device device)
    {
        var optimizer = (AdamBase)Options.Optimizer;
        return PeerFiles.Specify(folder, new
        {
            program = Program,
            form,
            sizes = Sizes,
            weights = Path.Combine(folder, "weights"),
            data = Path.Combine(folder, "data"),
            seed = 1,
            device = $"{device}",
            updates = updates.Select(u => u.Places),
            training = new
            {
                learning_rate = Options.LearningRate,
                betas = new[] { optimizer.Beta1, optimizer.Beta2 },
                epsilon = optimizer.Epsilon,
                weight_decay = optimizer.WeightDecay,
                clip_norm = Options.GradientClipNorm,
            },
        });
    }
}
