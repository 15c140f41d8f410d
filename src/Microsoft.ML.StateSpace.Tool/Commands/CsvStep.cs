namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>A step of a sequence as a text file has it.</summary>
internal sealed class CsvStep
{
    public string Sequence { get; set; } = "";

    public double Order { get; set; }

    /// <summary>D numbers, NaN where missing.</summary>
    public float[] Values { get; set; } = [];

    public float[] Controls { get; set; } = [];

    public float[] Statics { get; set; } = [];
}

/// <summary>Numbers of a step.</summary>
internal readonly record struct CsvSizes(int Values, int Controls = 0, int Statics = 0);

/// <summary>Makes steps of a text file.</summary>
internal interface ICsvSteps
{
    CsvSizes Sizes { get; }

    /// <exception cref="DataFileException">A field is not what it must be; names row and column.</exception>
    IEnumerable<CsvStep> Read();
}
