namespace Microsoft.ML.StateSpace.Training;

/// <summary>Writes a training's figures as event files that TensorBoard shows while it runs: an epoch is a point, at the updates done so far.</summary>
/// <remarks>
/// <para>Each stage is a run of its own, in the folder's subfolder <c>model</c> or <c>filtering_proposal</c>. Tags, in nats per observed
/// step: <c>bound/train</c>, <c>bound/validation</c>, <c>bound/best_validation</c>, <c>terms/negative_log_likelihood</c>, <c>terms/kl</c>;
/// and <c>optimizer/kl_weight</c>, <c>optimizer/learning_rate</c>, <c>optimizer/gradient_norm</c>, <c>time/epoch</c>, <c>time/seconds</c>.</para>
/// <para>A training that is gone on with writes further files beside the earlier ones, and takes the place of what those hold from its
/// first epoch on.</para>
/// </remarks>
public sealed class TensorBoardObserver : ITrainingObserver, IDisposable
{
    private readonly string _directory;
    private readonly ITrainingObserver? _next;
    private readonly TimeProvider _clock;
    private EventFile? _file;
    private TrainingStage _stage;
    private double _best;

    /// <summary>Writes into a folder, which is made where there is none.</summary>
    /// <param name="directory">What <c>tensorboard --logdir</c> is given.</param>
    /// <param name="next">Another observer, which sees everything too and may stop the training; null: none.</param>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made.</exception>
    public TensorBoardObserver(string directory, ITrainingObserver? next = null) : this(directory, next, TimeProvider.System)
    {
    }

    internal TensorBoardObserver(string directory, ITrainingObserver? next, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        (_directory, _next, _clock) = (directory, next, clock);
        Directory.CreateDirectory(directory);
    }

    /// <inheritdoc/>
    public bool OnUpdate(TrainingProgress progress) => _next?.OnUpdate(progress) ?? true;

    /// <summary>Writes the epoch's figures, those that are numbers.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public bool OnEpoch(EpochRecord epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        if (_file is null || epoch.Stage != _stage)
            Begin(epoch);
        if (epoch.IsBest)
            _best = epoch.ValidationBound;
        _file!.Add(epoch.Updates, Scalars(epoch).Where(scalar => double.IsFinite(scalar.Value)));
        return _next?.OnEpoch(epoch) ?? true;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _file?.Dispose();

    private void Begin(EpochRecord epoch)
    {
        _file?.Dispose();
        (_stage, _best) = (epoch.Stage, double.NaN);
        _file = new EventFile(Path.Combine(_directory, epoch.Stage == TrainingStage.Model ? "model" : "filtering_proposal"), _clock);
        _file.Begin(epoch.Updates);
    }

    private IEnumerable<(string Tag, double Value)> Scalars(EpochRecord epoch) =>
    [
        ("bound/train", epoch.TrainBound),
        ("bound/validation", epoch.ValidationBound),
        ("bound/best_validation", _best),
        ("terms/negative_log_likelihood", -epoch.TrainLogLikelihood),
        ("terms/kl", epoch.TrainKl),
        ("optimizer/kl_weight", epoch.KlWeight),
        ("optimizer/learning_rate", epoch.LearningRate),
        ("optimizer/gradient_norm", epoch.GradientNorm),
        ("time/epoch", epoch.Epoch),
        ("time/seconds", epoch.Seconds),
    ];
}
