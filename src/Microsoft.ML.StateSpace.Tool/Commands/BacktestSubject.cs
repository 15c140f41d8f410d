using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What is backtested: a trained model, a trainer, or nothing but baselines.</summary>
internal abstract class BacktestSubject : IDisposable
{
    /// <summary>Where data are read.</summary>
    public abstract MLContext Context { get; }

    /// <summary>Reads the file, by what it begins with.</summary>
    /// <param name="path">A model (zip) or a trainer's options (JSON).</param>
    /// <param name="device">Where the model runs.</param>
    /// <param name="replacements">Of the trainer's options.</param>
    /// <param name="baselinesOnly">Whether the file only says what the columns are.</param>
    /// <exception cref="UsageException">The options make no sense, or replacements come with a trained model.</exception>
    public static BacktestSubject Of(string path, string device, string[] replacements, bool baselinesOnly)
    {
        if (IsZip(InputFile.Require(path)))
            return replacements.Length == 0 ? new Trained(ModelFile.Load(path, device), baselinesOnly)
                : throw new UsageException($"--set replaces options of a trainer, but '{path}' is a trained model");
        JsonObject config = ConfigFile.Read(path, replacements);
        try
        {
            DeepMarkovTrainer.Options options = OptionsJson.Read(config);
            return new Untrained(options with { Device = device == "auto" ? options.Device ?? device : device }, baselinesOnly);
        }
        catch (OptionsException error)
        {
            throw new UsageException($"'{path}': {error.Message}");
        }
    }

    /// <summary>Runs the backtest.</summary>
    public abstract BacktestResult Backtest(IDataView data, BacktestOptions options);

    /// <summary>Reads every sequence; returns how many there are.</summary>
    public abstract int Count(IDataView data);

    public virtual void Dispose()
    {
    }

    private static bool IsZip(string path)
    {
        using FileStream file = File.OpenRead(path);
        return file.ReadByte() == 'P' && file.ReadByte() == 'K';
    }

    private sealed class Trained(ModelFile model, bool baselinesOnly) : BacktestSubject
    {
        public override MLContext Context => model.Context;

        public override BacktestResult Backtest(IDataView data, BacktestOptions options)
        {
            if (!baselinesOnly)
                return Context.StateSpace.Backtest(model.Transformer, data, options);
            IDataView? Before(IDataView? view) => view is null ? null : model.BeforeStateSpace(view);
            return Context.StateSpace.Backtest(Before(data)!, model.StateSpace.Columns,
                options with { TrainingSet = Before(options.TrainingSet), ValidationSet = Before(options.ValidationSet) });
        }

        public override int Count(IDataView data) => model.StateSpace.ReadSequences(model.BeforeStateSpace(data)).Count;

        public override void Dispose() => model.Dispose();
    }

    private sealed class Untrained(DeepMarkovTrainer.Options options, bool baselinesOnly) : BacktestSubject
    {
        public override MLContext Context { get; } = new(options.Seed);

        public override BacktestResult Backtest(IDataView data, BacktestOptions asked) => baselinesOnly
            ? Context.StateSpace.Backtest(data, options.Columns, asked)
            : Context.StateSpace.Backtest(Context.StateSpace.Trainers.DeepMarkov(options), data, asked);

        public override int Count(IDataView data) => SequenceBinding.ReadAll(data, options.Columns, options.Generative.FaultOf).Count;
    }
}
