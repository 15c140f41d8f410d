namespace Microsoft.ML.StateSpace.Data;

/// <summary>A linear regression of the observations on the controls of their own step, fitted on the training data: the model sees what it leaves
/// over, and whatever the model gives out has it added again (a regression with state space errors).</summary>
/// <remarks>A part of the standardisation: x = μ + W u + σ r, with r the model's observation. With lagged values among the controls it takes out the
/// seasons and the slow changes of level that a network would have to extrapolate.</remarks>
public sealed record ControlRegression
{
    /// <summary>L: the last L·D controls are lagged observations, lag by lag (<see cref="SequenceGroupingOptions.Lags"/>), of which each dimension is
    /// regressed on its own ones only. Default 0: every dimension is regressed on all controls.</summary>
    /// <remarks>What other dimensions did says little that lasts: relations between dimensions change when the regime does.</remarks>
    public int Lags { get; init; }

    /// <summary>Added to the variances of the standardised controls; at least 0. Default 0.001.</summary>
    public double Ridge { get; init; } = 1e-3;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Lags < 0)
            yield return $"Lags is {Lags}; it must be at least 0.";
        if (Ridge is not (>= 0 and < double.PositiveInfinity))
            yield return FormattableString.Invariant($"Ridge is {Ridge}; it must be at least 0.");
    }

    /// <summary>What keeps it from data of these sizes, or null.</summary>
    /// <param name="observationSize">D</param>
    /// <param name="controlSize">U, the static covariates included.</param>
    internal string? FaultFor(int observationSize, int controlSize) =>
        controlSize == 0 ? "there are no controls to regress on; set ControlColumnName or StaticColumnName"
        : (long)Lags * observationSize > controlSize
            ? $"{Lags} lags of {observationSize} numbers are {(long)Lags * observationSize} controls, but there are {controlSize}; set Lags to what the controls end with"
        : null;
}
