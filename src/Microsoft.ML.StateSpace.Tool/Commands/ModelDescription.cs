using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>A model's parts, sizes and training history.</summary>
internal sealed record ModelDescription : IDescription
{
    private const int ShownEpochs = 10;

    public string Kind => "model";

    /// <summary>The transformers of the model's chain, in order.</summary>
    public required IReadOnlyList<string> Chain { get; init; }

    public required int ObservationSize { get; init; }

    public required int LatentSize { get; init; }

    public required long Weights { get; init; }

    /// <summary>The units that the networks compute in; null: those of the data.</summary>
    public SequenceScaling? Scaling { get; init; }

    /// <summary>The options it was trained with.</summary>
    public required JsonNode Options { get; init; }

    public required TrainingHistory History { get; init; }

    /// <exception cref="InvalidDataException">The file is no model, damaged, or of a newer version.</exception>
    public static ModelDescription Of(string path)
    {
        using ModelFile file = ModelFile.Load(path, "cpu");
        DeepMarkovTransformer model = file.StateSpace;
        return new ModelDescription
        {
            Chain = [.. ModelFile.Parts(file.Transformer).Select(part => part.GetType().Name)],
            ObservationSize = model.ObservationSize,
            LatentSize = model.LatentSize,
            Weights = model.WeightCount,
            Scaling = model.Scaling,
            Options = JsonNode.Parse(OptionsJson.Write(model.Options))!,
            History = model.History,
        };
    }

    public void Print(IAnsiConsole console)
    {
        console.WriteLine($"model: {string.Join(" -> ", Chain)}");
        console.WriteLine($"sizes: {ObservationSize} numbers per step, {LatentSize} latents, {Weights} weights");
        console.WriteLine($"standardised: {Standardised}");
        console.WriteLine($"options: {Options.ToJsonString(new() { WriteIndented = true })}");
        console.WriteLine(Text($"training: best epoch {History.BestEpoch}, validation bound {History.BestValidationBound:f4} nats per step; ended by {History.StopReason}"));
        var table = new Table().AddColumns("stage", "epoch", "train", "validation", "KL weight", "learning rate", "gradient norm", "seconds");
        foreach (EpochRecord epoch in Shown())
        {
            table.AddRow($"{epoch.Stage}", $"{epoch.Epoch}{(epoch.IsBest ? " *" : "")}", Text($"{epoch.TrainBound:f4}"),
                Text($"{epoch.ValidationBound:f4}"), Text($"{epoch.KlWeight:g3}"), Text($"{epoch.LearningRate:g3}"),
                Text($"{epoch.GradientNorm:g3}"), Text($"{epoch.Seconds:f1}"));
        }

        console.Write(table);
        if (Shown().Count() < History.Epochs.Count)
            console.WriteLine($"{History.Epochs.Count} epochs in all; --format json lists every one.");
    }

    private string Standardised => string.Join(", ", new[]
    {
        Scaling?.Observations is { } observations ? $"observations ({observations.Mean.Count})" : null,
        Scaling?.Controls is { } controls ? $"controls ({controls.Mean.Count})" : null,
        Scaling?.TimeGap is { } gap ? Text($"time in units of {gap:g5}") : null,
    }.OfType<string>().DefaultIfEmpty("nothing"));

    /// <summary>Epochs spread over each stage of the training, its last one among them.</summary>
    private IEnumerable<EpochRecord> Shown() => History.Epochs.GroupBy(epoch => epoch.Stage).SelectMany(stage =>
    {
        EpochRecord[] epochs = [.. stage];
        int shown = Math.Min(epochs.Length, ShownEpochs);
        return Enumerable.Range(1, shown).Select(i => epochs[(int)((long)i * epochs.Length / shown) - 1]);
    });

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
