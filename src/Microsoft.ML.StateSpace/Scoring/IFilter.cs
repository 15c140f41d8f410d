using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Finds latents, likelihoods and forecasts of a batch's sequences: by particles, exactly, or by sigma points.</summary>
internal interface IFilter
{
    /// <summary>The number type in which batches are wanted.</summary>
    ScalarType Type { get; }

    /// <summary>Mean and deviation of z_t given x_1 … x_T, packed [S, Z].</summary>
    (Tensor Mean, Tensor Std) Smooth(SequenceBatch batch);

    /// <summary>What x_1 … x_t say at every step.</summary>
    /// <param name="batch">The rows, laid out.</param>
    /// <param name="rows">The rows themselves, in the order the batch was made of.</param>
    /// <param name="forecasts">Whether forecasts are asked for.</param>
    /// <exception cref="SequenceFormatException">A row's controls are too short for the horizon.</exception>
    FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, bool forecasts);
}

/// <summary>What a filter says; packed as <see cref="SequenceBatch"/> says.</summary>
/// <param name="Mean">E[z_t | x_1 … x_t], [S, Z].</param>
/// <param name="Std">Its standard deviation, [S, Z].</param>
/// <param name="StepLogLikelihood">log p(x_t | x_1 … x_{t−1}) in nats, [S].</param>
/// <param name="EffectiveSampleSize">[S]; the number of particles where there are none to degenerate.</param>
/// <param name="Forecast">null unless asked for.</param>
internal sealed record FilteredBatch(Tensor Mean, Tensor Std, Tensor StepLogLikelihood, Tensor EffectiveSampleSize, ForecastBand? Forecast);

/// <summary>Mean and central interval of x_{T+1} … x_{T+H}, each [batch, H·D].</summary>
internal sealed record ForecastBand(Tensor Mean, Tensor Lower, Tensor Upper);
