using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The checkpoints of one training: where they go, and the one that it goes on from.</summary>
internal sealed class TrainingCheckpoints : IDisposable
{
    private readonly string? _path;
    private readonly CheckpointInterval _every;
    private readonly CheckpointIdentity _identity;
    private readonly nn.Module _networks;
    private readonly CheckpointContent? _resumed;
    private readonly Dictionary<string, Tensor> _tensors = [];

    /// <summary>Reads the checkpoint to go on from.</summary>
    /// <param name="path">Where checkpoints go; null: none are written.</param>
    /// <param name="every">How often.</param>
    /// <param name="resumeFrom">The checkpoint to go on from; null: the training begins.</param>
    /// <param name="identity">What is trained on what.</param>
    /// <param name="networks">All networks of the model.</param>
    /// <exception cref="FileNotFoundException">There is no such checkpoint.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or belongs to another training; names the difference.</exception>
    public TrainingCheckpoints(string? path, CheckpointInterval every, string? resumeFrom, CheckpointIdentity identity, nn.Module networks)
    {
        (_path, _every, _identity, _networks) = (path, every, identity, networks);
        if (resumeFrom is null)
            return;
        using var scope = NewDisposeScope();
        (_resumed, var tensors) = CheckpointFile.Read(resumeFrom);
        if (identity.DifferencesFrom(_resumed.Identity) is { } differences)
            throw new InvalidDataException($"The checkpoint '{resumeFrom}' belongs to another training: {differences}. Go on with what it began with, or begin anew without it.");
        ResumedFrom = resumeFrom;
        _tensors = tensors.ToDictionary(t => t.Key, t => t.Value.DetachFromDisposeScope());
    }

    /// <summary>The checkpoint that the training goes on from; null: it begins.</summary>
    public string? ResumedFrom { get; }

    /// <summary>The stage that was under way.</summary>
    public TrainingStage ResumedStage => _resumed?.Stage ?? TrainingStage.Model;

    /// <summary>How far it had come; null: the training begins.</summary>
    public StageProgress? ResumedProgress => _resumed?.Progress;

    /// <summary>The history of the model's own stage where that was over already.</summary>
    public TrainingHistory? ModelHistory => _resumed?.ModelHistory;

    /// <summary>The checkpoints of a stage.</summary>
    /// <param name="stage">Which.</param>
    /// <param name="modelHistory">The history of the model's own stage, once that is over.</param>
    public StageCheckpoints Of(TrainingStage stage, TrainingHistory? modelHistory = null) => new(this, stage, modelHistory);

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
        _tensors.Clear();
    }

    /// <summary>The checkpoints of one stage.</summary>
    internal sealed class StageCheckpoints(TrainingCheckpoints training, TrainingStage stage, TrainingHistory? modelHistory)
    {
        private readonly System.Diagnostics.Stopwatch _sinceSaved = System.Diagnostics.Stopwatch.StartNew();
        private readonly List<(string Name, ICheckpointed Part)> _parts = [("weights", new NetworkWeights(training._networks))];

        /// <summary>How far the stage had come; null: it begins.</summary>
        public StageProgress? Resumed => training._resumed is { } resumed && resumed.Stage == stage ? resumed.Progress : null;

        /// <summary>Names what the stage consists of, and puts it back to where it had come.</summary>
        /// <param name="progress">Its numbers.</param>
        /// <param name="parts">The rest.</param>
        /// <exception cref="InvalidDataException">The checkpoint does not fit.</exception>
        public void Begin(StageProgress progress, params IEnumerable<(string Name, ICheckpointed Part)> parts)
        {
            _parts.AddRange(parts);
            if (Resumed is not null)
                Load();
            else if (stage == TrainingStage.Model)
                // A place that cannot be written to is found out before the work and not after it.
                Save(progress);
        }

        /// <summary>After an update: writes a checkpoint if it is time.</summary>
        public void UpdateDone(StageProgress progress)
        {
            if (_sinceSaved.Elapsed >= training._every.Time)
                Save(progress);
        }

        /// <summary>After an epoch: writes a checkpoint if it is time, or the stage's last one.</summary>
        public void EpochDone(StageProgress progress, bool isLast)
        {
            if (isLast || progress.EpochsDone % training._every.Epochs == 0 || _sinceSaved.Elapsed >= training._every.Time)
                Save(progress);
        }

        /// <summary>Writes a checkpoint.</summary>
        /// <exception cref="IOException">It cannot be written.</exception>
        public void Save(StageProgress progress)
        {
            if (training._path is null)
                return;
            using var scope = NewDisposeScope();
            var tensors = new CheckpointTensors();
            foreach (var (name, part) in _parts)
                part.Save(tensors.In(name));
            CheckpointFile.Write(training._path, new(CheckpointFile.Format, training._identity, stage, progress, modelHistory), tensors.All);
            _sinceSaved.Restart();
        }

        private void Load()
        {
            var tensors = new CheckpointTensors(training._tensors);
            try
            {
                foreach (var (name, part) in _parts)
                    part.Load(tensors.In(name));
                tensors.CheckAllTaken();
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"The checkpoint '{training.ResumedFrom}' does not fit the training: {e.Message}.", e);
            }
            // What was read is in its place now.
            training.Dispose();
        }
    }
}
