using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Finds latents, likelihoods and forecasts of a batch's sequences: by particles, exactly, or by sigma points.</summary>
internal interface IFilter
{
    /// <summary>What it is.</summary>
    FilterKind Kind { get; }

    /// <summary>The number type in which batches are wanted.</summary>
    ScalarType Type { get; }

    /// <summary>What x_1 … x_T say of every step.</summary>
    /// <param name="batch">The rows, laid out.</param>
    /// <param name="spread">Whether deviations are wanted.</param>
    /// <param name="impute">Whether missing observations are wanted too.</param>
    SmoothedBatch Smooth(SequenceBatch batch, bool spread = true, bool impute = false);

    /// <summary>What x_1 … x_t say at every step.</summary>
    /// <param name="batch">The rows, laid out.</param>
    /// <param name="rows">The rows themselves, in the order the batch was made of.</param>
    /// <param name="forecast">What is to be forecast; null: nothing.</param>
    /// <param name="tails">Whether tail probabilities are wanted.</param>
    FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, ForecastQuery? forecast, bool tails = false);

    /// <summary>Where each row ends, to go on from.</summary>
    LastState Last(SequenceBatch batch, IReadOnlyList<Sequence> rows);
}

/// <summary>Which filter serves a model.</summary>
internal static class FilterChoice
{
    /// <summary>The one that options ask for, or that suits the model best.</summary>
    public static IFilter Of(StateSpaceNetworks networks, ScoringOptions options, Device device) => options.Filter switch
    {
        FilterMethod.Unscented => new UnscentedScoring(networks.Generative, options, device),
        FilterMethod.Auto when networks.Generative is ILinearGaussian => new ExactScoring(networks.Generative, options, device),
        _ => new ParticleScoring(networks, options, device),
    };
}

/// <summary>Where a filter ends.</summary>
/// <param name="Particles">Equally weighted draws of the state at each row's last step, latent [particle, batch, Z].</param>
/// <param name="LogLikelihood">log p(x_1 … x_T) in nats, [batch]; where it is not finite, the draws mean nothing.</param>
internal sealed record LastState(ModelState Particles, Tensor LogLikelihood);

/// <summary>What is to be forecast.</summary>
/// <param name="Rows">What is known of the steps to come, in the order the batch was made of; it reaches far enough.</param>
/// <param name="Horizon">H</param>
/// <param name="Probabilities">Of the quantiles.</param>
/// <param name="Paths">N, the sample paths; at most as many as particles.</param>
internal sealed record ForecastQuery(IReadOnlyList<Future> Rows, int Horizon, IReadOnlyList<double> Probabilities, int Paths = 0)
{
    /// <summary>The inputs of the H steps, in the batch's own order.</summary>
    public StepInputs[] Inputs(DataShape data, SequenceBatch batch, ScalarType type) =>
        FutureInputs.Of(data, [.. batch.Order.Select(place => Rows[place])], Horizon, batch.Device, type);
}

/// <summary>What is to be forecast of rows whose last state is at hand.</summary>
/// <param name="Inputs">What is known of the H steps, by number type.</param>
/// <param name="Keys">The rows' noise keys.</param>
/// <param name="Probabilities">Of the quantiles.</param>
/// <param name="Paths">N, the sample paths; at most as many as particles.</param>
internal sealed record FutureQuery(Func<ScalarType, IReadOnlyList<StepInputs>> Inputs, IReadOnlyList<ulong> Keys,
    IReadOnlyList<double> Probabilities, int Paths);

/// <summary>What a filter says; packed as <see cref="SequenceBatch"/> says.</summary>
/// <param name="Mean">E[z_t | x_1 … x_t], [S, Z].</param>
/// <param name="Std">Its standard deviation, [S, Z].</param>
/// <param name="StepLogLikelihood">log p(x_t | x_1 … x_{t−1}) in nats, [S].</param>
/// <param name="EffectiveSampleSize">[S]; the number of particles where there are none to degenerate.</param>
/// <param name="Forecast">null unless asked for.</param>
internal sealed record FilteredBatch(Tensor Mean, Tensor Std, Tensor StepLogLikelihood, Tensor EffectiveSampleSize, ForecastTensors? Forecast)
{
    /// <summary>How likely an x_t no more likely than the observed one was (see <see cref="Scoring.TailProbability"/>), [S] in float64; NaN
    /// where nothing is observed. Null unless asked for.</summary>
    public Tensor? TailProbability { get; init; }
}

/// <summary>What a smoother says; packed as <see cref="SequenceBatch"/> says.</summary>
/// <param name="Mean">E[z_t | x_1 … x_T], [S, Z].</param>
/// <param name="Std">Its standard deviation, [S, Z]; null unless asked for.</param>
/// <param name="Imputed">x_t where observed, else E[x_t | x_1 … x_T], [S, D]; null unless asked for.</param>
internal sealed record SmoothedBatch(Tensor Mean, Tensor? Std, Tensor? Imputed = null);
