using System.Globalization;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tool.Console;

/// <summary>Shows a training: one bar a stage, or one line an epoch.</summary>
internal sealed class TrainingDisplay(ProgressDisplay display) : ITrainingObserver
{
    private TrainingProgress? _latest;
    private double _best = double.NegativeInfinity;
    private TrainingStage _stage;

    public bool OnUpdate(TrainingProgress progress)
    {
        _latest = progress;
        display.Report(Name(progress.Stage), progress.Fraction, Detail(progress.Epoch, progress.Epochs, progress.TrainBound));
        return true;
    }

    public bool OnEpoch(EpochRecord epoch)
    {
        if (epoch.Stage != _stage)
            (_stage, _best) = (epoch.Stage, double.NegativeInfinity);
        if (epoch.IsBest)
            _best = epoch.ValidationBound;
        display.Report(Name(epoch.Stage), _latest?.Fraction ?? 1.0,
            Detail(epoch.Epoch, _latest?.Epochs ?? epoch.Epoch, epoch.TrainBound), ValidationOf(epoch));
        return true;
    }

    private string Detail(int epoch, int epochs, double train)
    {
        string best = double.IsFinite(_best) ? Text($"  best {_best:f4}") : "";
        return Text($"epoch {epoch}/{epochs}  train {train:f4}{best}");
    }

    private static string ValidationOf(EpochRecord epoch) =>
        Text($"  validation {epoch.ValidationBound:f4}  KL weight {epoch.KlWeight:g2}");

    private static string Name(TrainingStage stage) => stage == TrainingStage.Model ? "model" : "filtering proposal";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
