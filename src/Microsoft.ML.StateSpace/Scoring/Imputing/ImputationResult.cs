namespace Microsoft.ML.StateSpace.Scoring.Imputing;

/// <summary>How well hidden values were imputed.</summary>
/// <param name="Sequences">Sequences of the data.</param>
/// <param name="Observed">Observed values, hidden ones included.</param>
/// <param name="Hidden">Hidden values: those compared.</param>
/// <param name="Deviations">Of each dimension, the standard deviation of its observed values, hidden ones included; 0 where they do not vary.</param>
/// <param name="Methods">The model, then the baselines: "last value", the sequence's last observed value of the dimension before the hidden one,
/// and where there is none "mean", the mean of the dimension's values in the data that are not hidden.</param>
public sealed record ImputationResult(int Sequences, long Observed, long Hidden, IReadOnlyList<double> Deviations, IReadOnlyList<ImputedMethod> Methods)
{
    /// <summary>The method of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ImputedMethod this[string name] => Methods.FirstOrDefault(m => m.Name == name)
        ?? throw new KeyNotFoundException($"There is no method '{name}'; there are {string.Join(", ", Methods.Select(m => m.Name))}.");
}

/// <summary>A method of imputing.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Overall">All hidden values together.</param>
/// <param name="ByDimension">Those of each dimension.</param>
public sealed record ImputedMethod(string Name, ImputationFigures Overall, IReadOnlyList<ImputationFigures> ByDimension);

/// <summary>Errors of imputed values; NaN where there is none to average.</summary>
/// <param name="Count">Hidden values.</param>
/// <param name="MeanAbsoluteError">In the data's units.</param>
/// <param name="RootMeanSquaredError">In the data's units.</param>
/// <param name="ScaledMeanAbsoluteError">Each error in units of its dimension's <see cref="ImputationResult.Deviations"/>; dimensions that do not
/// vary are left out.</param>
/// <param name="ScaledRootMeanSquaredError">In the same units.</param>
public sealed record ImputationFigures(long Count, double MeanAbsoluteError, double RootMeanSquaredError, double ScaledMeanAbsoluteError,
    double ScaledRootMeanSquaredError);
