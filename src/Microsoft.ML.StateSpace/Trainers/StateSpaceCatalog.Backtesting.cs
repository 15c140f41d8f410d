using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML;

public sealed partial class StateSpaceCatalog
{
    private const string ModelName = "model";

    /// <summary>How good forecasts are that stand in a data view beside what happened.</summary>
    /// <param name="data">A row per forecast: the truth, and its mean, quantiles, sample paths, or some of them.</param>
    /// <param name="options">Columns and metrics; null: the defaults.</param>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">A row's vectors have not the same steps, or a forecast is not finite; names row and column.</exception>
    public ForecastMetrics EvaluateForecasts(IDataView data, ForecastEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new ForecastEvaluationOptions();
        Check(options.Validate());
        return new ForecastTable(data.Schema, options).Evaluate(data);
    }

    /// <summary>How good a trained model's forecasts are, from rolling origins; <see cref="Backtest(ITransformer, IDataView, BacktestOptions?)"/>
    /// without baselines.</summary>
    /// <inheritdoc cref="Backtest(ITransformer, IDataView, BacktestOptions?)"/>
    public ForecastMetrics EvaluateForecasts(ITransformer model, IDataView data, BacktestOptions? options = null) =>
        Backtest(model, data, (options ?? new BacktestOptions()) with { Baselines = [] }).Methods[0].Metrics;

    /// <summary>Forecasts of a trained model and of baselines, from the same rolling origins of every sequence, scored by the same code.</summary>
    /// <remarks>The model is not trained again; baselines learn from what lies before the first origin. Controls of forecast steps are those of the data.</remarks>
    /// <param name="model">A transformer of <see cref="DeepMarkovTrainer"/>, or a chain that holds one; "model" in the table.</param>
    /// <param name="data">What <c>model.Transform</c> would take.</param>
    /// <param name="options">Origins, horizon, baselines, metrics; null: the defaults.</param>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    /// <exception cref="ArgumentException">The model holds no state space transformer.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="InvalidOperationException">No sequence is long enough, or there is too little to learn from.</exception>
    /// <exception cref="ArithmeticException">A forecast is not finite; names method, sequence, origin, step and dimension.</exception>
    public BacktestResult Backtest(ITransformer model, IDataView data, BacktestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options = Checked(options);
        var (part, rows) = Locate(model, data);
        return Backtest([new TrainedMethod(part, ModelName), .. options.Compared], part.ReadSequences(rows!), options,
            given => part.ReadSequences(Locate(model, given).Data!));
    }

    /// <summary>As above, by a trainer, which learns from what lies before the first origin, or anew at every so many of them.</summary>
    /// <param name="trainer">The trainer; "model" in the table.</param>
    /// <param name="data">What <c>trainer.Fit</c> would take.</param>
    /// <param name="options">Origins, horizon, baselines, metrics; null: the defaults.</param>
    /// <inheritdoc cref="Backtest(ITransformer, IDataView, BacktestOptions?)"/>
    public BacktestResult Backtest(DeepMarkovTrainer trainer, IDataView data, BacktestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(data);
        options = Checked(options);
        var settings = trainer.Settings;
        List<Sequence> Read(IDataView view) => SequenceBinding.ReadAll(view, settings.Columns, settings.Generative.FaultOf);
        return Backtest([new TrainerMethod(_context, trainer, options.TrainingWindow, ModelName), .. options.Compared], Read(data), options, Read);
    }

    /// <summary>As above, of the baselines alone.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="columns">Where they stand.</param>
    /// <param name="options">Origins, horizon, methods, metrics; null: the defaults.</param>
    /// <inheritdoc cref="Backtest(ITransformer, IDataView, BacktestOptions?)"/>
    public BacktestResult Backtest(IDataView data, SequenceColumns columns, BacktestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(columns);
        options = Checked(options);
        List<Sequence> Read(IDataView view) => SequenceBinding.ReadAll(view, columns);
        return Backtest(options.Compared, Read(data), options, Read);
    }

    /// <summary>Trains as many models as folds, each without one of them, and evaluates it there.</summary>
    /// <param name="trainer">The trainer; each model holds out sequences of its own training rows for validation, unless it has a validation set.</param>
    /// <param name="data">What <c>trainer.Fit</c> would take.</param>
    /// <param name="options">Folds, groups, evaluation; null: the defaults.</param>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="InvalidOperationException">There are fewer groups than folds.</exception>
    public IReadOnlyList<CrossValidationFold> CrossValidate(DeepMarkovTrainer trainer, IDataView data, CrossValidationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new CrossValidationOptions();
        Check(options.Validate());
        var splits = Data.CrossValidationSplit(data, options.Folds, options.GroupColumnName ?? trainer.Settings.SequenceIdColumnName, options.Seed);
        return [.. splits.Select((split, fold) => Fold(trainer, split, fold, options))];
    }

    private static CrossValidationFold Fold(DeepMarkovTrainer trainer, SequenceSplit split, int fold, CrossValidationOptions options)
    {
        var model = trainer.Fit(split.Train);
        try
        {
            var metrics = model.Evaluate(split.Test, options.Evaluation);
            if (options.KeepModels)
                return new CrossValidationFold(fold, metrics, model);
            model.Dispose();
            return new CrossValidationFold(fold, metrics, null);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static BacktestResult Backtest(IReadOnlyList<IForecastMethod> methods, IReadOnlyList<Sequence> sequences, BacktestOptions options,
        Func<IDataView, List<Sequence>> read) => new Backtester(sequences, options.TrainingSet is null ? null : read(options.TrainingSet),
            options.ValidationSet is null ? null : read(options.ValidationSet), options).Run(methods);

    private static BacktestOptions Checked(BacktestOptions? options)
    {
        options ??= new BacktestOptions();
        Check(options.Validate());
        return options;
    }

    private static void Check(IEnumerable<string> faults)
    {
        string all = string.Join(" ", faults);
        if (all.Length > 0)
            throw new OptionsException(all);
    }
}
