namespace Microsoft.ML.StateSpace.Networks;

/// <summary>The distribution that weight matrices begin with.</summary>
public enum WeightScheme
{
    /// <summary>U(−a, a), a = g·√(6 / (inputs + outputs)) (Glorot and Bengio 2010).</summary>
    Xavier,
    /// <summary>N(0, g²·2 / inputs) (He et al. 2015).</summary>
    He,
    /// <summary>U(−s, s).</summary>
    Uniform,
    /// <summary>N(0, s²).</summary>
    Normal,
    /// <summary>Orthonormal rows, or columns where there are fewer, times g (Saxe et al. 2014).</summary>
    Orthogonal,
}

/// <summary>How weight matrices begin. Biases, square recurrent matrices and identities keep starts of their own.</summary>
public sealed record WeightInit
{
    /// <summary>The distribution. Default Xavier.</summary>
    public WeightScheme Scheme { get; init; }

    /// <summary>The gain g, or the width s of the uniform and normal ones; null: g = 1, s = 0.1. Default null.</summary>
    public double? Scale { get; init; }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (!Enum.IsDefined(Scheme))
            yield return $"Scheme is {Scheme}; it must be one of {string.Join(", ", Enum.GetNames<WeightScheme>())}.";
        if (Scale is not (null or (> 0 and < double.PositiveInfinity)))
            yield return $"Scale is {Scale}; it must be above 0.";
    }

    internal bool IsNormal => Scheme is WeightScheme.He or WeightScheme.Normal;

    /// <summary>What a draw of U(−1, 1), of N(0, 1) or of an orthonormal matrix is multiplied with.</summary>
    internal double ScaleOf(long outputs, long inputs) => Scheme switch
    {
        WeightScheme.Xavier => (Scale ?? 1) * Math.Sqrt(6.0 / (outputs + inputs)),
        WeightScheme.He => (Scale ?? 1) * Math.Sqrt(2.0 / inputs),
        WeightScheme.Orthogonal => Scale ?? 1,
        _ => Scale ?? 0.1,
    };
}
