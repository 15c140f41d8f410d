namespace Microsoft.ML.StateSpace.Training;

/// <summary>Sums an epoch's updates up.</summary>
internal sealed class EpochSums
{
    private double _steps, _bound, _fit, _kl, _norm;
    private UpdateResult? _last;

    /// <summary>Updates added.</summary>
    public int Updates { get; private set; }

    public void Add(UpdateResult update)
    {
        _steps += update.Steps;
        _bound += update.Bound * update.Steps;
        _fit += update.LogLikelihood;
        _kl += update.Kl;
        _norm += update.GradientNorm;
        _last = update;
        Updates++;
    }

    /// <summary>The epoch's figures; at least one update was added.</summary>
    public EpochRecord Record(TrainingStage stage, int epoch, long updates, double validation, double seconds, bool best) =>
        new(stage, epoch, updates, _bound / _steps, _fit / _steps, _kl / _steps, validation, _last!.KlWeight, _last.LearningRate,
            _norm / Updates, seconds, best);
}
