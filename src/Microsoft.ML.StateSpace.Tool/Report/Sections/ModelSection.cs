using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>What the model is made of.</summary>
internal static class ModelSection
{
    public static XElement Of(ReportContent content) => Section.Of("model", "Model", "What was trained, and how.",
        DataTable.Of($"Parts and sizes of {Markup.Label(content.ModelName)}", ["part", "value"], Facts(content)),
        new XElement("details", new XElement("summary", "Options of the training as JSON"), new XElement("pre", Markup.Text(OptionsJson.Write(content.Model.Options)))));

    private static IEnumerable<IReadOnlyList<string>> Facts(ReportContent content)
    {
        DeepMarkovTransformer model = content.Model;
        DeepMarkovTrainer.Options options = model.Options;
        TrainingHistory history = model.History;
        EpochRecord last = history.Epochs[^1];
        return
        [
            ["chain", string.Join(" → ", content.Chain)],
            ["generative model p(x, z)", options.Generative.GetType().Name],
            ["inference network q(z | x)", options.Inference.GetType().Name],
            ["bound", options.Bound.GetType().Name],
            ["numbers per step", Markup.Say($"{model.ObservationSize}")],
            ["latent size", Markup.Say($"{model.LatentSize}")],
            ["weights", Markup.Say($"{model.WeightCount:n0}")],
            ["standardised", model.Scaling?.Observations is null ? "no" : "yes: the networks compute in units of mean 0 and deviation 1 over the training data"],
            ["anomaly scores", model.Calibration is null ? "not calibrated" : "calibrated on the validation data"],
            ["epochs", Markup.Say($"{history.Epochs.Count(e => e.Stage == TrainingStage.Model)} of the model, {history.Epochs.Count(e => e.Stage == TrainingStage.FilteringProposal)} of the filtering proposal; {last.Seconds:f0} s of the last stage")],
            ["ended by", $"{history.StopReason}"],
            ["seed of the training", options.Seed is { } seed ? Markup.Say($"{seed}") : "none given"],
        ];
    }
}
