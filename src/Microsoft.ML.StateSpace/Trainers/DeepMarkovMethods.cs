using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A trained model in a backtest: it forecasts, and does not learn again.</summary>
internal sealed class TrainedMethod(DeepMarkovTransformer model, string name) : IForecastMethod
{
    public string Name => name;

    public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation) =>
        new TransformerForecaster(model, question, owned: false);
}

/// <summary>A trainer in a backtest: it learns from the training parts of sequences.</summary>
/// <param name="context">Where the rows are made.</param>
/// <param name="trainer">Its own validation set, where it has one, goes before the training's.</param>
/// <param name="window">Steps of the windows that training sequences are cut into; null: they stay whole.</param>
/// <param name="name">What tables call it.</param>
internal sealed class TrainerMethod(MLContext context, DeepMarkovTrainer trainer, int? window, string name) : IForecastMethod
{
    public string Name => name;

    public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
    {
        var shape = training.Training[0];
        var options = trainer.Settings with
        {
            ObservationSize = shape.ObservationSize,
            ControlSize = shape.Inputs.OwnControlSize > 0 ? shape.Inputs.OwnControlSize : null,
            StaticSize = shape.Inputs.StaticSize > 0 ? shape.Inputs.StaticSize : null,
        };
        if (options.CancellationToken == CancellationToken.None)
            options = options with { CancellationToken = cancellation };
        if (options.ValidationSet is null && training.Validation.Count > 0)
            options = options with { ValidationSet = Rows(training.Validation, options) };
        var model = new DeepMarkovTrainer(context, options).Fit(Rows(training.Training, options));
        if (cancellation.IsCancellationRequested)
        {
            model.Dispose();
            cancellation.ThrowIfCancellationRequested();
        }
        return new TransformerForecaster(model, question, owned: true);
    }

    private IDataView Rows(IReadOnlyList<Sequence> sequences, DeepMarkovTrainer.Options options) =>
        SequenceRows.View(context, window is { } length ? [.. sequences.SelectMany(s => Windows(s, length))] : sequences, options.Columns);

    // Windows of at most the length, all of nearly one size.
    private static IEnumerable<Sequence> Windows(Sequence sequence, int length)
    {
        int count = (sequence.Length + length - 1) / length;
        for (int i = 0; i < count; i++)
        {
            int start = (int)((long)sequence.Length * i / count), end = (int)((long)sequence.Length * (i + 1) / count);
            if (sequence.Slice(start, end - start) is { ObservedSteps: > 0 } part)
                yield return part;
        }
    }
}

/// <summary>Forecasts of a trained model.</summary>
internal sealed class TransformerForecaster : IForecaster
{
    private readonly DeepMarkovTransformer _model;
    private readonly SequenceForecaster _forecaster;
    private readonly bool _owned;

    /// <param name="model">The model.</param>
    /// <param name="question">What is asked; the model's own seed and particles answer it, as many particles as paths at least.</param>
    /// <param name="owned">Whether the model ends with this.</param>
    public TransformerForecaster(DeepMarkovTransformer model, ForecastQuestion question, bool owned)
    {
        (_model, _owned) = (model, owned);
        _forecaster = model.CreateForecaster(new ForecastOptions
        {
            Horizon = question.Horizon,
            Quantiles = question.Probabilities,
            Paths = question.Paths,
            Particles = Math.Max(model.Options.Particles, question.Paths),
            Seed = question.Seed,
        });
    }

    public string Description => $"{_model.Options.Generative.GetType().Name}, latent size {_model.LatentSize}, {_model.WeightCount} weights";

    public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts) =>
        [.. contexts.Chunk(_forecaster.RowsPerBatch).SelectMany(rows => _forecaster.Forecast([.. rows.Select(s => new ForecastRow(s, null))])).Select(Checked)];

    public void Dispose()
    {
        if (_owned)
            _model.Dispose();
    }

    // Where the filter has no likelihood, its particles say nothing.
    private static ProbabilisticForecast Checked(SequenceForecast forecast) => float.IsFinite(forecast.LogLikelihood)
        ? new ProbabilisticForecast(forecast.Mean, forecast.Quantiles, forecast.Paths)
        : new ProbabilisticForecast([.. forecast.Mean.Select(_ => float.NaN)], forecast.Quantiles, forecast.Paths);
}
