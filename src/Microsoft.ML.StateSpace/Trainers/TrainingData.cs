using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>What a trainer reads: sequences to train on, in memory or streamed, and sequences to validate on.</summary>
/// <param name="Train">The training sequences.</param>
/// <param name="Validation">The others; always in memory.</param>
/// <param name="Shape">Sizes that the data decide.</param>
/// <param name="HasMissing">Whether any value of either is missing.</param>
internal sealed record TrainingData(TrainingSet Train, IReadOnlyList<Sequence> Validation, DataShape Shape, bool HasMissing)
{
    /// <summary>By what a checkpoint knows the training data; null: no checkpoint asks.</summary>
    public DataFingerprint? TrainFingerprint { get; private init; }

    /// <summary>By what a checkpoint knows the validation set; null: there is none, or no checkpoint asks.</summary>
    public DataFingerprint? ValidationFingerprint { get; private init; }

    /// <summary>Reads the data once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="InvalidOperationException">There are too few sequences.</exception>
    public static TrainingData Read(IDataView input, DeepMarkovTrainer.Options options)
    {
        var binding = new SequenceBinding(input.Schema, options.Columns, options.Generative.FaultOf);
        var given = options.ValidationSet is { } set ? SequenceBinding.ReadAll(set, options.Columns, options.Generative.FaultOf) : null;
        if (given?.Count == 0)
            throw new InvalidOperationException("The validation set has no rows.");
        bool asked = options.CheckpointPath is not null || options.ResumeFrom is not null;
        var data = options.MaxRowsInMemory is { } rows ? Stream(input, binding, given, options, rows, asked) : ReadAll(input, binding, given, options, asked);
        return data with { ValidationFingerprint = asked && given is not null ? DataFingerprint.Of(given) : null };
    }

    private static TrainingData ReadAll(IDataView input, SequenceBinding binding, List<Sequence>? given, DeepMarkovTrainer.Options options, bool asked)
    {
        Sequence[] all = [.. binding.Read(input)];
        if (all.Length == 0)
            throw new InvalidOperationException("The training data has no rows.");
        var fingerprint = asked ? DataFingerprint.Of(all) : null;
        var shape = new DataShape(all[0].ObservationSize, all[0].Inputs.ControlSize, all[0].Inputs.Times is not null, all[0].Inputs.StaticSize);
        bool missing = all.Concat(given ?? []).Any(s => s.HasMissing);
        if (given is not null)
            return new(TrainingSet.Of(all), given, shape, missing) { TrainFingerprint = fingerprint };
        if (all.Length < 2)
            throw new InvalidOperationException("One sequence cannot be split into training and validation data; set ValidationSet.");
        new Random(options.KnownSeed).Shuffle(all);
        int held = Math.Clamp((int)Math.Round(all.Length * options.ValidationFraction), 1, all.Length - 1);
        return new(TrainingSet.Of(all[held..]), all[..held], shape, missing) { TrainFingerprint = fingerprint };
    }

    private static TrainingData Stream(IDataView input, SequenceBinding binding, List<Sequence>? given, DeepMarkovTrainer.Options options, int rows, bool asked)
    {
        using var fingerprint = asked ? new DataFingerprint.Sum() : null;
        var survey = StreamSurvey.Of(input, binding, given is null ? options.ValidationFraction : 0, rows, options.KnownSeed, fingerprint is null ? null : fingerprint.Add);
        return new(new StreamedSet(input, binding, survey, rows), given ?? survey.Validation, survey.Shape,
            survey.HasMissing || given?.Any(s => s.HasMissing) == true) { TrainFingerprint = fingerprint?.Result() };
    }
}
