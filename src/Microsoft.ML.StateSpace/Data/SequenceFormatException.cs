namespace Microsoft.ML.StateSpace.Data;

/// <summary>A row's values do not form a sequence; says what is wrong and, where known, at which step and dimension.</summary>
public sealed class SequenceFormatException : FormatException
{
    /// <summary>Describes the fault.</summary>
    public SequenceFormatException(string fault, int? step = null, int? dimension = null)
        : base(step is null ? fault : $"step {step}{(dimension is null ? "" : $", dimension {dimension}")}: {fault}") =>
        (Fault, Step, Dimension) = (fault, step, dimension);

    private SequenceFormatException(SequenceFormatException inner, string place)
        : base($"{place}: {inner.Message}", inner) =>
        (Fault, Step, Dimension) = (inner.Fault, inner.Step, inner.Dimension);

    /// <summary>The fault alone, without its place.</summary>
    public string Fault { get; }

    /// <summary>The step, counted from 0, or null when the whole sequence is at fault.</summary>
    public int? Step { get; }

    /// <summary>The dimension within the step, or null.</summary>
    public int? Dimension { get; }

    /// <summary>The same fault with the place it was found at (file, row, column) in front.</summary>
    public SequenceFormatException At(string place) => new(this, place);
}
