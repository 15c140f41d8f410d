namespace Microsoft.ML.StateSpace.Data;

/// <summary>What columns of numbers are standardised with: (value − mean) / deviation.</summary>
/// <param name="Mean">A finite number for each column.</param>
/// <param name="Deviation">A number above 0 for each column; 1 where the training values did not vary.</param>
public sealed record ColumnScale(IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation)
{
    // A forged file may lack them; FaultFor says so.
    internal IReadOnlyList<double> LogDeviation { get; } = [.. (Deviation ?? []).Select(d => Math.Log(d))];

    /// <summary>A value of a column, standardised.</summary>
    internal float Apply(float value, int column) => (float)((value - Mean[column]) / Deviation[column]);

    /// <summary>A standardised value of a column in its own unit.</summary>
    internal float Restore(float value, int column) => (float)(value * Deviation[column] + Mean[column]);

    /// <summary>What keeps it from scaling <paramref name="columns"/> columns, or null.</summary>
    internal string? FaultFor(int columns) =>
        Mean is null || Deviation is null ? "it lacks means or deviations"
        : Mean.Count != columns || Deviation.Count != columns ? $"it has {Mean.Count} means and {Deviation.Count} deviations for {columns} columns"
        : !Mean.All(double.IsFinite) || !Deviation.All(d => d > 0 && double.IsFinite(d)) ? "its means must be finite and its deviations above 0"
        : null;
}

/// <summary>The units a model computes in: fitted on the training data, applied to what it reads, inverted in what it gives out.</summary>
/// <remarks>A density in the data's units is the model's times |∂x′/∂x| = Π 1/σ_d over the observed dimensions.</remarks>
/// <param name="Observations">Of the D numbers of a step; null: they are as they come.</param>
/// <param name="Controls">Of the U controls of a step and the static covariates after them; null: they are as they come.</param>
/// <param name="TimeGap">The unit of time, above 0: the mean gap of the training data; null: times are as they come.</param>
/// <param name="Regression">W, weights [D, U] by which standardised controls add to the observations of their step, in the data's units
/// (<see cref="ControlRegression"/>); null: none.</param>
public sealed record SequenceScaling(ColumnScale? Observations, ColumnScale? Controls, double? TimeGap, IReadOnlyList<IReadOnlyList<double>>? Regression = null)
{
    /// <summary>A value of a step, standardised.</summary>
    /// <param name="value">In the data's unit.</param>
    /// <param name="dimension">Its dimension.</param>
    /// <param name="controls">The step's controls, standardised.</param>
    internal float Apply(float value, int dimension, ReadOnlySpan<float> controls) => Observations is null ? value
        : Regression is null ? Observations.Apply(value, dimension)
        : (float)((value - Observations.Mean[dimension] - Regressed(dimension, controls)) / Observations.Deviation[dimension]);

    /// <summary>Standardised numbers in the data's units, in place.</summary>
    /// <param name="values">Steps of D numbers: T of them, or any number of times T.</param>
    /// <param name="controls">T steps of U standardised controls, where there is a <see cref="Regression"/>.</param>
    internal void Restore(Span<float> values, ReadOnlySpan<float> controls)
    {
        if (Observations is null)
            return;
        int size = Observations.Mean.Count;
        double[] regressed = Regression is null ? [] : Regressed(controls);
        for (int i = 0; i < values.Length; i++)
            values[i] = Regression is null ? Observations.Restore(values[i], i % size)
                : (float)(values[i] * Observations.Deviation[i % size] + Observations.Mean[i % size] + regressed[i % regressed.Length]);
    }

    // W u of every step.
    private double[] Regressed(ReadOnlySpan<float> controls)
    {
        int size = Regression!.Count, width = Regression[0].Count;
        var result = new double[controls.Length / width * size];
        for (int i = 0; i < result.Length; i++)
            result[i] = Regressed(i % size, controls.Slice(i / size * width, width));
        return result;
    }

    private double Regressed(int dimension, ReadOnlySpan<float> controls)
    {
        var weights = Regression![dimension];
        double sum = 0;
        for (int u = 0; u < controls.Length; u++)
            sum += weights[u] * controls[u];
        return sum;
    }

    /// <summary>What keeps it from data of these sizes, or null.</summary>
    /// <param name="observationSize">D</param>
    /// <param name="controlSize">U, the static covariates included.</param>
    internal string? FaultFor(int observationSize, int controlSize) =>
        Observations?.FaultFor(observationSize) is { } wrong ? $"the scale of the observations: {wrong}"
        : Controls?.FaultFor(controlSize) is { } fault ? $"the scale of the controls: {fault}"
        : Regression is not null && (Observations is null || Controls is null || Regression.Count != observationSize
            || !Regression.All(row => row is not null && row.Count == controlSize && row.All(double.IsFinite)))
            ? $"the regression must have {controlSize} finite weights for each of {observationSize} dimensions, and scales beside it"
        : TimeGap is not (null or (> 0 and < double.PositiveInfinity)) ? $"the unit of time is {TimeGap}; it must be above 0"
        : null;
}
