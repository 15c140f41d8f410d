using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>What the maximisation step may choose.</summary>
public sealed record ExpectationMaximizationOptions
{
    /// <summary>Whether P₀ stays diagonal. Default false.</summary>
    public bool DiagonalInitialCovariance { get; init; }

    /// <summary>Whether Q stays diagonal. Default false.</summary>
    public bool DiagonalTransitionCovariance { get; init; }

    /// <summary>The least variance in any direction of P₀, Q and r. Default 1e-6.</summary>
    public double LeastVariance { get; init; } = 1e-6;

    /// <summary>What is wrong, sentence by sentence; empty when nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (LeastVariance is not (> 0 and < double.PositiveInfinity))
            yield return $"LeastVariance is {LeastVariance}; it must be above 0.";
    }
}

/// <summary>Maximum likelihood of a linear-Gaussian system in closed form, step by step (Shumway and Stoffer 1982).</summary>
/// <remarks>Every iteration raises the likelihood or leaves it; missing steps and dimensions are treated exactly.</remarks>
public static class ExpectationMaximizationStep
{
    /// <summary>The parameters under which the statistics are likeliest.</summary>
    /// <param name="previous">The parameters the statistics were taken under: what the data say nothing of stays as it was.</param>
    /// <param name="statistics">Of all batches together.</param>
    /// <param name="options">null: defaults.</param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public static LinearGaussianParameters Maximize(LinearGaussianParameters previous, LinearGaussianStatistics statistics,
        ExpectationMaximizationOptions? options = null)
    {
        options ??= new();
        if (options.Validate().FirstOrDefault() is { } fault)
            throw new ArgumentException(fault, nameof(options));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (initialMean, initialCovariance) = Regress(statistics.Initial, options, options.DiagonalInitialCovariance);
        var result = previous with
        {
            InitialMean = initialMean.squeeze(1),
            InitialCovariance = initialCovariance,
        };
        if (statistics.Transition.Count.item<double>() > 0)
            result = WithTransition(result, statistics.Transition, options);
        result = WithEmission(result, statistics.Emission, options);
        return Fresh(result, previous.InitialMean).MoveToOuterDisposeScope();
    }

    /// <summary>One iteration over batches, with the memory of one: the better parameters, and log p(x) under the old ones.</summary>
    /// <param name="parameters">Where to start.</param>
    /// <param name="batches">Batches, with their packed controls or null.</param>
    /// <param name="options">null: defaults.</param>
    /// <exception cref="ArgumentException">No batch, or one that does not fit the parameters, or options that are not valid.</exception>
    public static (LinearGaussianParameters Parameters, double LogLikelihood) Iterate(LinearGaussianParameters parameters,
        IEnumerable<(SequenceBatch Batch, Tensor? Controls)> batches, ExpectationMaximizationOptions? options = null)
    {
        using var scope = NewDisposeScope();
        LinearGaussianStatistics? sum = null;
        foreach (var (batch, controls) in batches)
        {
            using var batchScope = NewDisposeScope();
            var statistics = LinearGaussianStatistics.Of(parameters, batch, controls);
            sum = (sum is null ? statistics : sum + statistics).MoveToOuterDisposeScope();
        }
        if (sum is null)
            throw new ArgumentException("An iteration needs at least one batch.", nameof(batches));
        return (Maximize(parameters, sum, options).MoveToOuterDisposeScope(), sum.LogLikelihood.item<double>());
    }

    private static LinearGaussianParameters WithTransition(LinearGaussianParameters parameters, RegressionStatistics statistics,
        ExpectationMaximizationOptions options)
    {
        var (weights, covariance) = Regress(statistics, options, options.DiagonalTransitionCovariance);
        long size = parameters.LatentSize, width = weights.shape[1];
        return parameters with
        {
            Transition = weights.narrow(1, 0, size),
            Control = parameters.Control is null ? null : weights.narrow(1, size, width - size - 1),
            TransitionOffset = weights.select(1, width - 1),
            TransitionCovariance = covariance,
        };
    }

    // Every dimension has regressors of its own: the steps at which it was observed.
    internal static LinearGaussianParameters WithEmission(LinearGaussianParameters parameters, RegressionStatistics statistics,
        ExpectationMaximizationOptions options)
    {
        var weights = statistics.Cross.unsqueeze(1).matmul(linalg.pinv(statistics.Regressor, hermitian: true)).squeeze(1);
        var rest = statistics.Target - 2 * (weights * statistics.Cross).sum(-1) + statistics.Regressor.Quadratic(weights);
        var variance = (rest / statistics.Count.clamp_min(1)).clamp_min(options.LeastVariance);
        var seen = statistics.Count > 0;
        long size = parameters.LatentSize;
        return parameters with
        {
            Emission = where(seen.unsqueeze(1), weights.narrow(1, 0, size), parameters.Emission.to(ScalarType.Float64)),
            EmissionOffset = where(seen, weights.select(1, size), parameters.EmissionOffset.to(ScalarType.Float64)),
            EmissionVariance = where(seen, variance, parameters.EmissionVariance.to(ScalarType.Float64)),
        };
    }

    // The pseudo-inverse: a regressor that never varies leaves many maxima, of which it takes the smallest weights.
    internal static (Tensor Weights, Tensor Covariance) Regress(RegressionStatistics statistics,
        ExpectationMaximizationOptions options, bool diagonal)
    {
        var weights = statistics.Cross.matmul(linalg.pinv(statistics.Regressor, hermitian: true));
        var explained = weights.matmul(statistics.Cross.Transposed());
        var rest = (statistics.Target - explained - explained.Transposed() + weights.Sandwich(statistics.Regressor)).Symmetric()
            / statistics.Count;
        if (diagonal)
            return (weights, rest.diagonal(0, 0, 1).clamp_min(options.LeastVariance).diag_embed());
        var (values, vectors) = linalg.eigh(rest);
        return (weights, (vectors * values.clamp_min(options.LeastVariance)).matmul(vectors.Transposed()).Symmetric());
    }

    private static Tensor Quadratic(this Tensor matrices, Tensor vectors) => (matrices.Apply(vectors) * vectors).sum(-1);

    // Tensors of its own, in the type of the parameters before.
    private static LinearGaussianParameters Fresh(LinearGaussianParameters parameters, Tensor like)
    {
        Tensor Own(Tensor t) => t.to(like.dtype).clone();
        return new(Own(parameters.InitialMean), Own(parameters.InitialCovariance), Own(parameters.Transition),
            Own(parameters.TransitionOffset), Own(parameters.TransitionCovariance), Own(parameters.Emission),
            Own(parameters.EmissionOffset), Own(parameters.EmissionVariance), parameters.Control is null ? null : Own(parameters.Control));
    }
}
